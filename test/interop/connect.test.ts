/**
 * `portcall connect` as the client of other servers.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { portcall, start, type Child } from "../support/command.ts";
import { folderFor, nc, needs, portOf, python, sha256 } from "./peers.ts";
import { refusingPort } from "../cli/support/passive-peers.ts";

const page = "<h1>It works</h1>\n";
const request = "GET /page.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** A real HTTP server with one page. */
async function httpServer(t: TestContext): Promise<string> {
  const folder = folderFor(t);
  writeFileSync(join(folder, "page.html"), page);
  const args = ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"];
  const [, port = ""] = await start(t, "python3", args).prints(/port (\d+)/);
  return port;
}

/** The stages that `--explain` has described, in order, each once. */
function stagesOf(stderr: string): string[] {
  const stages = [...stderr.matchAll(/^([a-z]+) +\S/gm)].map(([, stage = ""]) => stage);
  return stages.filter((stage, at) => stages.indexOf(stage) === at);
}

test(
  "fetches a page: sends the request, prints everything up to the server's end",
  needs("python3"),
  async (t) => {
    const port = await httpServer(t);
    const child = portcall(t, ["connect", "localhost", port]);
    child.end(request);
    assert.equal(await child.code(), 0);
    assert.match(child.stdout, /^HTTP\/1\.0 200 OK\r\nServer: SimpleHTTP/);
    assert.ok(child.stdout.endsWith(`\r\n\r\n${page}`));
    assert.equal(child.stderr, "");
  },
);

test("--explain tells of each stage of that, and leaves stdout as it is", needs("python3"), async (t) => {
  const port = await httpServer(t);
  const child = portcall(t, ["connect", "localhost", port, "--explain"]);
  child.end(request);
  assert.equal(await child.code(), 0);
  assert.ok(child.stdout.startsWith("HTTP/1.0 200 OK\r\n") && child.stdout.endsWith(`\r\n\r\n${page}`));
  assert.deepEqual(stagesOf(child.stderr), ["create", "resolve", "connect", "send", "receive", "close"]);
  assert.match(child.stderr, new RegExp(`127\\.0\\.0\\.1:${port} answered in .* connected\\.`));
  assert.match(child.stderr, new RegExp(`\\b${request.length} bytes\\s+sent\\b`));
});

const failures: readonly (readonly [
  stage: string,
  target: (t: TestContext) => Promise<readonly string[]>,
  exit: number,
  line: RegExp,
])[] = [
  [
    "resolve",
    () => Promise.resolve(["no-such-host.invalid", "80"]),
    10,
    /^portcall: resolve no-such-host\.invalid: .+\n$/,
  ],
  [
    "connect",
    async (t) => ["127.0.0.1", String(await refusingPort(t))],
    11,
    /^portcall: connect 127\.0\.0\.1:\d+: refused \(ECONNREFUSED\)\n$/,
  ],
  [
    "connect to a Unix socket",
    (t) => Promise.resolve([`unix:${folderFor(t)}/absent`]),
    11,
    /^portcall: connect unix:\S+\/absent: .+ \(ENOENT\)\n$/,
  ],
];

for (const [stage, target, exit, line] of failures) {
  test(`a failure to ${stage} is one line that names the stage and the target`, async (t) => {
    const child = portcall(t, ["connect", ...(await target(t))]);
    child.end(request);
    assert.equal(await child.code(), exit);
    assert.match(child.stderr, line);
    assert.equal(child.stdout, "");
  });

  test(`--explain of a failure to ${stage} ends with its cause and its fix`, async (t) => {
    const child = portcall(t, ["connect", ...(await target(t)), "--explain"]);
    child.end(request);
    assert.equal(await child.code(), exit);
    assert.match(child.stderr, /^failed +\S.*\ncause +\S.*\nfix +\S/m);
    assert.equal(child.stdout, "");
  });
}

test("a reset is reported after the data before it", needs("python3"), async (t) => {
  const server = python(t, "reset.py");
  const [, port = ""] = await server.prints(/(\d+)\n/);
  const child = portcall(t, ["connect", "127.0.0.1", port]);
  await child.prints(/data before the reset\n/);
  await child.write("x");
  assert.equal(await child.code(), 15);
  assert.equal(child.stdout, "data before the reset\n");
  assert.match(child.stderr, /^portcall: receive 127\.0\.0\.1:\d+: .+ \(ECONNRESET\)\n$/);
});

interface PeerServer {
  readonly needs: string;
  /** Starts to listen. Resolves to the port. */
  readonly begin: (t: TestContext) => Promise<{ readonly child: Child; readonly port: string }>;
}

/** Servers that hold one conversation, with a person at their stdin and stdout. */
const talkers: Readonly<Record<string, PeerServer>> = {
  "nc -l": {
    needs: nc,
    async begin(t) {
      const child = start(t, nc, ["-v", "-N", "-l", "127.0.0.1", "0"]);
      const [, port = ""] = await child.printsOnStderr(/Listening on \S+ (\d+)/);
      return { child, port };
    },
  },
  "ncat -l": {
    needs: "ncat",
    async begin(t) {
      const child = start(t, "ncat", ["-v", "-l", "127.0.0.1", "0"]);
      await child.printsOnStderr(/Listening on 127/);
      return { child, port: portOf(child) };
    },
  },
  "socat TCP-LISTEN": {
    needs: "socat",
    async begin(t) {
      const child = start(t, "socat", ["-d", "-d", "-t3600", "TCP-LISTEN:0,bind=127.0.0.1", "-"]);
      const [, port = ""] = await child.printsOnStderr(/listening on AF=2 127\.0\.0\.1:(\d+)/);
      return { child, port };
    },
  },
};

for (const [name, { needs: program, begin }] of Object.entries(talkers)) {
  test(`talks with ${name}, line by line, until both are done`, needs(program), async (t) => {
    const { child: server, port } = await begin(t);
    const child = portcall(t, ["connect", `127.0.0.1:${port}`]);
    await child.write("hello\n");
    await server.prints(/^hello\n$/);
    await server.write("hi yourself\r\n");
    await child.prints(/^hi yourself\r\n$/);
    // The server ends first: nc -l would leave at the client's FIN, even with data left to send.
    server.end("bye\n");
    await once(child.process.stdout as NodeJS.ReadableStream, "end");
    child.end("bye then\n");
    assert.equal(await child.code(), 0);
    await server.code();
    assert.equal(child.stdout, "hi yourself\r\nbye\n");
    assert.equal(server.stdout, "hello\nbye then\n");
    assert.equal(child.stderr, "");
  });

  test(`exchanges 1 MiB each way with ${name}, at the same time`, needs(program), async (t) => {
    const { child: server, port } = await begin(t);
    const child = portcall(t, ["connect", `127.0.0.1:${port}`]);
    const [ours, theirs] = [randomBytes(1_048_576), randomBytes(1_048_576)];
    server.end(theirs);
    await Promise.all([child.write(ours), child.printsBytes(theirs.length)]);
    child.end();
    assert.equal(await child.code(), 0);
    await server.code();
    assert.equal(sha256(child.bytes()), sha256(theirs));
    assert.equal(sha256(server.bytes()), sha256(ours));
  });
}

test("gets 1 MiB back from a server that answers only after our FIN", needs("python3"), async (t) => {
  const server = python(t, "server.py");
  const [, port = ""] = await server.prints(/(\d+)\n/);
  const child = portcall(t, ["connect", `127.0.0.1:${port}`]);
  const bytes = randomBytes(1_048_576);
  child.end(bytes);
  assert.equal(await child.code(), 0);
  assert.equal(sha256(child.bytes()), sha256(bytes));
});

test("two at once talk with ncat -l -k", needs("ncat"), async (t) => {
  const server = start(t, "ncat", ["-v", "-l", "-k", "127.0.0.1", "0"]);
  await server.printsOnStderr(/Listening on 127/);
  const port = portOf(server);
  const children = ["one", "two"].map((name) => ({
    name,
    child: portcall(t, ["connect", "127.0.0.1", port]),
  }));
  for (const { name, child } of children) {
    await child.write(`${name} is here\n`);
    await server.prints(new RegExp(`^${name} is here$`, "m"));
  }
  await server.write("good morning all\n");
  for (const { child } of children) await child.prints(/^good morning all\n$/);
  // It ends a connection when its client has ended.
  for (const { child } of children) {
    child.end();
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "good morning all\n");
  }
});

test("three at once get their own 1 MiB back from socat TCP-LISTEN,fork", needs("socat"), async (t) => {
  const args = ["-d", "-d", "-t3600", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:cat"];
  const [, port = ""] = await start(t, "socat", args).printsOnStderr(/listening on AF=2 127\.0\.0\.1:(\d+)/);
  await Promise.all(
    [1, 2, 3].map(async () => {
      const bytes = randomBytes(1_048_576);
      const child = portcall(t, ["connect", `127.0.0.1:${port}`]);
      child.end(bytes);
      assert.equal(await child.code(), 0);
      assert.equal(sha256(child.bytes()), sha256(bytes));
    }),
  );
});
