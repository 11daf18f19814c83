/**
 * `portcall connect -x` through other proxies to a Portcall server: microsocks, dante, ssh -D and tinyproxy.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { backoff, connect } from "../../src/index.ts";
import { portcall, start, type Child } from "../support/command.ts";
import { freePort as freePortBetween } from "../support/free-port.ts";
import { folderFor, hasIpv6, listening, needs, pathOf } from "./peers.ts";
import { refusingPort } from "../cli/support/passive-peers.ts";

/** A free port, for programs that cannot let the system choose. */
async function freePort(): Promise<number> {
  return Number(await freePortBetween(10_000, 20_000));
}

/** Resolves when the program listens, which these do not report. */
async function answers(port: number): Promise<string> {
  const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
  const connection = await connect(`127.0.0.1:${port}`, { retry, establishTimeoutMs: 20_000 });
  await connection.close();
  return `127.0.0.1:${port}`;
}

async function microsocks(t: TestContext, ...args: readonly string[]): Promise<string> {
  const port = await freePort();
  start(t, "microsocks", ["-i", "127.0.0.1", "-p", String(port), ...args]);
  return answers(port);
}

/** Dante, which allows no client to reach the port `forbidden`. */
async function dante(t: TestContext, forbidden: number): Promise<string> {
  const port = await freePort();
  const file = join(folderFor(t), "danted.conf");
  const everything = "from: 0.0.0.0/0 to: 0.0.0.0/0";
  writeFileSync(
    file,
    `logoutput: stderr
internal: 127.0.0.1 port = ${port}
external: lo
socksmethod: none
clientmethod: none
client pass { ${everything} }
socks block { ${everything} port = ${forbidden} }
socks pass { ${everything} }
`,
  );
  start(t, "danted", ["-N", "1", "-f", file, "-p", join(folderFor(t), "pid")]);
  return answers(port);
}

async function tinyproxy(t: TestContext, ...settings: readonly string[]): Promise<string> {
  const port = await freePort();
  const file = join(folderFor(t), "tinyproxy.conf");
  const fixed = [`Port ${port}`, "Listen 127.0.0.1", "Timeout 60", "MaxClients 20", "LogLevel Error"];
  writeFileSync(file, `${[...fixed, ...settings].join("\n")}\n`);
  start(t, "tinyproxy", ["-d", "-c", file]);
  return answers(port);
}

/** An SSH server with keys made for the test, and a client that opens a SOCKS proxy at its own end. */
async function sshDynamic(t: TestContext): Promise<string> {
  const folder = folderFor(t);
  for (const name of ["host", "own"]) {
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
    assert.equal(made.status, 0, String(made.stderr));
  }
  const [serverPort, port] = [await freePort(), await freePort()];
  const file = join(folder, "sshd_config");
  writeFileSync(
    file,
    `Port ${serverPort}
ListenAddress 127.0.0.1
HostKey ${join(folder, "host")}
AuthorizedKeysFile ${join(folder, "own.pub")}
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
`,
  );
  // The server's privilege separation directory.
  mkdirSync("/run/sshd", { recursive: true });
  // No pipes: the session is a process of its own, and would hold them open after the server's end.
  start(t, pathOf("sshd"), ["-D", "-e", "-f", file], { stdio: "ignore" });
  const server = await answers(serverPort);
  const quietly = [
    "BatchMode=yes",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "IdentitiesOnly=yes",
  ];
  start(t, "ssh", [
    ...["-F", "none", "-N", "-D", `127.0.0.1:${port}`, "-p", String(serverPort), "-i", join(folder, "own")],
    ...quietly.flatMap((option) => ["-o", option]),
    `${userInfo().username}@${server.split(":")[0]}`,
  ]);
  return answers(port);
}

/** Sends a word to the `reply` service, and waits for the answer. Ends when both are here. */
async function talks(child: Child): Promise<void> {
  await child.prints(/^Welcome to the server/);
  await child.write("hello\n");
  await child.prints(/^OK\.\.\. hello$/m);
  // Not before: most proxies treat a FIN as the end of both directions.
  child.end();
  assert.equal(await child.code(), 0, child.stderr);
}

async function fails(child: Child, exit: number, line: RegExp): Promise<void> {
  assert.equal(await child.code(), exit, child.stderr);
  assert.match(child.stderr, line);
  assert.equal(child.stderr.split("\n").length, 2, "one line");
  assert.equal(child.stdout, "");
}

describe("through SOCKS5", () => {
  test("of microsocks: to a name, which it looks up itself", needs("microsocks"), async (t) => {
    const proxy = await microsocks(t);
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const child = portcall(t, ["connect", "-v", "-x", `socks5://${proxy}`, "localhost", port]);
    await talks(child);
    assert.match(
      child.stderr,
      new RegExp(`^proxy socks5://${proxy}: connected to localhost:${port} \\(.* ms\\)$`, "m"),
    );
    assert.doesNotMatch(child.stderr, /^resolve /m);
  });

  test("of microsocks: with user and password, which nothing shows", needs("microsocks"), async (t) => {
    const proxy = await microsocks(t, "-u", "bob", "-P", "s3:c@t");
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const at = (credentials: string): string => `socks5h://${credentials}@${proxy}`;
    const child = portcall(t, ["connect", "--explain", "-x", at("bob:s3%3Ac%40t"), "127.0.0.1", port]);
    await talks(child);
    assert.match(child.stderr, /^proxy +socks5:\/\/127\.0\.0\.1:\d+ is connected/m);
    assert.doesNotMatch(child.stderr, /s3|bob/);
    const wrong = portcall(t, ["connect", "-x", at("bob:wr0ng"), "127.0.0.1", port]);
    await fails(wrong, 19, /^portcall: handshake .*: the proxy rejected this user and password\n$/);
    assert.doesNotMatch(wrong.stderr, /wr0ng|bob/);
    const none = portcall(t, ["connect", "-x", `socks5://${proxy}`, "127.0.0.1", port]);
    await fails(none, 19, /: the proxy requires a user and a password\n$/);
  });

  test(
    "of microsocks: to an IPv6 address",
    hasIpv6 ? needs("microsocks") : { skip: "no IPv6 on this machine" },
    async (t) => {
      const proxy = await microsocks(t);
      const { port } = await listening(t, "serve", "reply", "[::1]:0");
      await talks(portcall(t, ["connect", "-x", `socks5://${proxy}`, "::1", port]));
    },
  );

  test(
    "of microsocks: a refusing target is distinguished from a refusing proxy",
    needs("microsocks"),
    async (t) => {
      const proxy = await microsocks(t);
      const port = String(await refusingPort(t));
      const child = portcall(t, ["connect", "-x", `socks5://${proxy}`, "127.0.0.1", port]);
      await fails(
        child,
        11,
        /^portcall: handshake 127\.0\.0\.1:\d+ via socks5:\/\/\S+: the target refused the proxy's connection\n$/,
      );
    },
  );

  test("of dante: connected, refused, forbidden", needs("danted"), async (t) => {
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const { port: forbidden } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const proxy = await dante(t, Number(forbidden));
    const through = (target: string) =>
      portcall(t, ["connect", "-x", `socks5://${proxy}`, "127.0.0.1", target]);
    await talks(through(port));
    await fails(through(String(await refusingPort(t))), 11, /the target refused the proxy's connection\n$/);
    await fails(through(forbidden), 19, /the proxy's rules forbid it\n$/);
  });

  test("of ssh -D", needs("ssh", "sshd", "ssh-keygen"), async (t) => {
    const proxy = await sshDynamic(t);
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    await talks(portcall(t, ["connect", "-x", `socks5://${proxy}`, "localhost", port]));
  });
});

describe("through HTTP CONNECT", () => {
  test("of tinyproxy: with user and password, and not without", needs("tinyproxy"), async (t) => {
    const proxy = await tinyproxy(t, "BasicAuth bob s3cret");
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const through = (url: string) => portcall(t, ["connect", "-x", url, "localhost", port]);
    await talks(through(`http://bob:s3cret@${proxy}`));
    await fails(through(`http://${proxy}`), 19, /: the proxy requires a user and a password\n$/);
    const wrong = through(`http://bob:wr0ng@${proxy}`);
    await fails(wrong, 19, /: the proxy rejected this user and password\n$/);
    assert.doesNotMatch(wrong.stderr, /wr0ng|bob/);
  });

  test("of tinyproxy: a target that refuses, and a port that is forbidden", needs("tinyproxy"), async (t) => {
    const refused = String(await refusingPort(t));
    const { port } = await listening(t, "serve", "reply", "127.0.0.1:0");
    const proxy = await tinyproxy(t, `ConnectPort ${refused}`);
    const through = (target: string) =>
      portcall(t, ["connect", "-x", `http://${proxy}`, "127.0.0.1", target]);
    await fails(through(refused), 13, /: the proxy could not connect: "5\d\d .*"\n$/);
    await fails(through(port), 19, /: the proxy refused: "403 .*"\n$/);
  });

  test("of a SOCKS proxy, which knows nothing of it, says so", needs("microsocks"), async (t) => {
    const child = portcall(t, ["connect", "-x", `http://${await microsocks(t)}`, "127.0.0.1", "9"]);
    await fails(child, 19, /: the proxy (closed the connection without an answer|does not speak HTTP)/);
  });
});
