/**
 * The servers of the tutorial with every kind of client, over every kind of socket.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { portcall, start, type Child } from "../support/command.ts";
import { folderFor, hasIpv6, listening, nc, needs, python } from "./peers.ts";

const everyPeer = needs(nc, "ncat", "socat", "curl", "python3");

/** Starts a client. Its stdin goes to the server, and its stdout comes from there. */
type Client = (t: TestContext) => Child;

function client(program: string, ...args: readonly string[]): Client {
  return (t) => start(t, program, args);
}

/** Clients that send FIN at the end of their stdin, and continue to receive. Socat waits up to an hour. */
function clientsTo(family: "tcp4" | "tcp6", port: string): Record<string, Client> {
  const host = family === "tcp4" ? "127.0.0.1" : "::1";
  return {
    nc: client(nc, "-N", host, port),
    ncat: client("ncat", host, port),
    socat: client(
      "socat",
      "-t3600",
      "-",
      `${family.toUpperCase()}:${family === "tcp4" ? host : `[${host}]`}:${port}`,
    ),
    python: (t) => python(t, "client.py", host, port),
    portcall: (t) => portcall(t, ["connect", host, port]),
  };
}

const said = "hello\nzweite Zeile\r\nfinal line";
const answered =
  "Welcome to the server. Type something and hit enter\n" +
  "OK... hello\nOK... zweite Zeile\r\nOK... final line\n";

/** All of them at once: each has its own conversation, complete and separate. */
async function holdsWithAll(
  t: TestContext,
  server: Child,
  clients: Readonly<Record<string, Client>>,
): Promise<void> {
  const children = Object.entries(clients).map(([name, begin]) => ({ name, child: begin(t) }));
  await server.printsOnStderr(new RegExp(`(?:^connected with[^]*?){${children.length}}`, "m"));
  for (const { child } of children) child.end(said);
  for (const { name, child } of children) {
    assert.equal(await child.code(), 0, name);
    assert.equal(child.stdout, answered, name);
  }
}

test("nc, ncat, socat, python and portcall are served at once, over IPv4", everyPeer, async (t) => {
  const { child: server, port } = await listening(t, "serve", "reply", ":0");
  const clients = clientsTo("tcp4", port);
  await holdsWithAll(t, server, clients);
  server.kill("SIGINT");
  assert.equal(await server.code(), 0);
  const came = [...server.stderr.matchAll(/^connected with (127\.0\.0\.1:\d+)$/gm)].map(([, peer]) => peer);
  assert.equal(new Set(came).size, Object.keys(clients).length);
  for (const peer of came) {
    assert.match(
      server.stderr,
      new RegExp(`^${peer} left: fin by the peer, 30 bytes in, 101 bytes out`, "m"),
    );
  }
});

test(
  "nc, ncat, socat, python and portcall are served at once, over IPv6",
  hasIpv6 ? everyPeer : { skip: "no IPv6 here" },
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "reply", "[::1]:0");
    await holdsWithAll(t, server, clientsTo("tcp6", port));
    assert.match(server.stderr, /^connected with \[::1\]:\d+$/m);
  },
);

for (const [how, args] of [
  ["unix:/path", (path: string) => [`unix:${path}`]],
  ["-U /path", (path: string) => ["-U", path]],
] as const) {
  test(`nc, ncat, socat, python and portcall are served at once, over ${how}`, everyPeer, async (t) => {
    const path = `${folderFor(t)}/a socket`;
    const server = portcall(t, ["serve", "reply", ...args(path)]);
    await server.printsOnStderr(/^listening on unix:/m);
    await holdsWithAll(t, server, {
      nc: client(nc, "-N", "-U", path),
      ncat: client("ncat", "-U", path),
      socat: client("socat", "-t3600", "-", `UNIX-CONNECT:${path}`),
      python: (context) => python(context, "client.py", path),
      portcall: (context) => portcall(context, ["connect", ...args(path)]),
    });
    server.kill("SIGINT");
    assert.equal(await server.code(), 0);
    assert.throws(() => readFileSync(path), { code: "ENOENT" });
  });
}

test("socat and portcall are served at once, over an abstract name", needs("socat"), async (t) => {
  const name = `portcall-peers/${process.pid}`;
  const server = portcall(t, ["serve", "reply", `unix:@${name}`]);
  await server.printsOnStderr(/^listening on unix:@/m);
  // Before libuv 1.48, Node pads abstract names with NUL (libuv#4266). Socat can do the same.
  const padded = readFileSync("/proc/net/unix", "latin1").includes(`@${name}@`);
  await holdsWithAll(t, server, {
    socat: client("socat", "-t3600", "-", `ABSTRACT-CONNECT:${name},unix-tightsocklen=${padded ? 0 : 1}`),
    portcall: (context) => portcall(context, ["connect", `unix:@${name}`]),
    "portcall -U": (context) => portcall(context, ["connect", "-U", `@${name}`]),
  });
});

test("curl telnet:// is answered, and ends when the server is done", needs("curl"), async (t) => {
  const { child: server, port } = await listening(t, "serve", "reply", ":0", "--messages", "2");
  const curl = start(t, "curl", ["-sSN", `telnet://127.0.0.1:${port}`]);
  // All at once: while it waits for its stdin, it does not look at the connection.
  curl.end("hello\nbye\n");
  assert.equal(await curl.code(), 0);
  assert.equal(curl.stdout, "Welcome to the server. Type something and hit enter\nOK... hello\nOK... bye\n");
  await server.printsOnStderr(/left: fin by us, 10 bytes in, 74 bytes out/);
});

test("the one-shot echo server says who came, echoes one message and ends", needs(nc), async (t) => {
  const { child: server, port } = await listening(
    t,
    "serve",
    "echo",
    ":0",
    "--connections",
    "1",
    "--messages",
    "1",
  );
  const peer = start(t, nc, ["-N", "127.0.0.1", port]);
  peer.end("one\ntwo\n");
  assert.equal(await peer.code(), 0);
  assert.equal(peer.stdout, "one\n");
  assert.equal(await server.code(), 0);
  assert.match(server.stderr, /^connected with 127\.0\.0\.1:\d+$/m);
  assert.equal(server.stdout, "");
});

const oneAtATime = ["--concurrency", "1", "--messages", "1", "--welcome", "", "--backlog", "10"];

test("one client at a time: several that come at once are all answered", needs(nc), async (t) => {
  const { port } = await listening(t, "serve", "reply", ":0", ...oneAtATime);
  const peers = Array.from({ length: 8 }, () => start(t, nc, ["-N", "127.0.0.1", port]));
  for (const [number, peer] of peers.entries()) peer.end(`client ${number}\n`);
  for (const [number, peer] of peers.entries()) {
    assert.equal(await peer.code(), 0);
    assert.equal(peer.stdout, `OK... client ${number}\n`);
  }
});

test("one client at a time: they are served in the order in which they came", needs("python3"), async (t) => {
  const { child: server, port } = await listening(t, "serve", "reply", ":0", ...oneAtATime);
  const peers = python(t, "in-order.py", "127.0.0.1", port, "8");
  assert.equal(await peers.code(), 0);
  const lines = peers.stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/^\d+ /, "")),
    lines.map((_, number) => `OK... client ${number}`),
  );
  const served = [...server.stderr.matchAll(/^connected with 127\.0\.0\.1:(\d+)$/gm)].map(([, peer]) => peer);
  assert.deepEqual(
    served,
    lines.map((line) => line.split(" ")[0]),
  );
});

test("one client at a time: while one is served, the others wait unaccepted", needs(nc), async (t) => {
  const { child: server, port } = await listening(t, "serve", "reply", ":0", ...oneAtATime);
  const first = start(t, nc, ["-N", "127.0.0.1", port]);
  await server.printsOnStderr(/^connected with/m);
  const second = start(t, nc, ["-v", "-N", "127.0.0.1", port]);
  second.end("second\n");
  // The system has accepted it into the backlog.
  await second.printsOnStderr(/succeeded/);
  first.end("first\n");
  assert.equal(await second.code(), 0);
  assert.equal(second.stdout, "OK... second\n");
  assert.equal(await first.code(), 0);
  assert.equal(first.stdout, "OK... first\n");
  assert.match(
    server.stderr,
    /^connected with \S+\n(?:\S+ left: fin by us, 6 bytes in, 12 bytes out, .*\n)?connected with \S+\n/m,
  );
});

test("-w ends a client that is silent for that time, even one that never sends", needs(nc), async (t) => {
  const { child: server, port } = await listening(t, "serve", "chargen", ":0", "-w", "100ms");
  const peer = start(t, nc, ["-d", "127.0.0.1", port]);
  await server.printsOnStderr(/^127\.0\.0\.1:\d+ left: timeout by us \(.*-w\)/m);
  await peer.code();
  assert.match(peer.stdout, /^ !"#/);
});
