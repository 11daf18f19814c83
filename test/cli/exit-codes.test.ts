/**
 * The table of exit codes, each cell made for real: a script that looks at `$?` must be
 * able to believe it. `rivals` in the names of tests: what nc, ncat, socat and telnet end
 * with 0, or with one code for everything.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, openSync, readFileSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { exitCodes, type ExitName } from "../../src/cli/exit.ts";
import { cannotRun, notLinux, unless } from "../failures/support/needs.ts";
import { inNamespace, noNamespaces } from "../failures/support/namespace.ts";
import { compileShim, noCompiler } from "../failures/support/shim.ts";
import { whyNoEpoll, whyNoUring } from "../../src/wire/index.ts";
import { commandPath, portcall, start, type Child } from "../support/command.ts";
import {
  fullBacklogPort,
  passiveClient,
  passiveServer,
  portOf,
  portcallPiped,
  receives,
  receivesEnd,
  refusingPort,
} from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

const reached = new Set<ExitName>();

/**
 * The command has ended with this exit, and its one last line on stderr is as it should be: a pattern, or the text behind
 * `portcall: `, with PORT for a port of 127.0.0.1.
 */
async function endsWith(child: Child, exit: ExitName, line: RegExp | string): Promise<void> {
  assert.equal(await child.code(), exitCodes[exit].code, child.stderr);
  reached.add(exit);
  const lines = child.stderr
    .split("\n")
    .filter((one) => one !== "" && !/^(listening on|stopping:|connected with) /.test(one));
  if (line === "quietly") {
    assert.deepEqual(lines, []);
    return;
  }
  assert.equal(lines.length, 1, child.stderr);
  const said = lines[0] ?? "";
  if (typeof line !== "string") assert.match(said, line);
  else assert.equal(said.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT"), `portcall: ${line}`);
}

interface Talk {
  readonly child: Child;
  readonly peer: net.Socket;
}

/** A conversation that has begun: the peer's first line has been printed. */
async function connected(t: TestContext, options: readonly string[] = []): Promise<Talk> {
  const server = await passiveServer(t);
  const accepted = server.accept();
  const child = portcall(t, ["connect", ...options, "127.0.0.1", String(server.port)]);
  const peer = await accepted;
  peer.write("hello\n");
  await child.prints(/hello\n/);
  return { child, peer };
}

async function listening(t: TestContext, words: readonly string[]): Promise<Talk> {
  const child = portcall(t, words);
  const peer = await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
  return { child, peer };
}

async function reset(peer: net.Socket): Promise<void> {
  await new Promise((resolve) => peer.write("the rest\n", resolve));
  peer.resetAndDestroy();
}

/** Ways to a user who may not bind a privileged port. */
function unprivileged(words: readonly string[]): string[] {
  const command = [process.execPath, commandPath, ...words];
  return process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups", ...command] : command;
}

const privilegedPortsEnd = Number(
  process.platform === "linux" ? readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8") : 1024,
);
const noPrivilege =
  privilegedPortsEnd > 1
    ? process.getuid?.() === 0
      ? cannotRun(
          "this needs another user who can run node",
          "setpriv",
          "--reuid=65534",
          "--clear-groups",
          process.execPath,
          commandPath,
          "--version",
        )
      : undefined
    : "no port is privileged here";

describe("exit codes of connect", { concurrency: 3 }, () => {
  test("ok: both sides were done", async (t) => {
    const { child, peer } = await connected(t);
    child.end("bye\n");
    peer.end();
    assert.equal((await receivesEnd(peer)).toString(), "bye\n");
    await endsWith(child, "ok", "quietly");
  });

  test("ok: -z, and the port answers", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcall(t, ["connect", "-z", "127.0.0.1", String(server.port)]);
    // A FIN, not a reset: a probe must not look like an error.
    assert.equal((await receivesEnd(await accepted)).length, 0);
    await endsWith(child, "ok", "quietly");
  });

  test("proxy: nothing listens there", async (t) => {
    const port = await refusingPort(t);
    await endsWith(
      portcall(t, ["connect", "-x", `socks5://127.0.0.1:${port}`, "localhost", "80"]),
      "proxy",
      "connect socks5://127.0.0.1:PORT: the proxy could not be reached: refused (ECONNREFUSED)",
    );
  });

  test("bind: the address to reach the proxy from is not ours", async (t) => {
    await endsWith(
      portcall(t, ["connect", "-s", "192.0.2.1", "-x", "socks5://127.0.0.1:1080", "localhost", "80"]),
      "bind",
      /^portcall: connect 127\.0\.0\.1:1080: 192\.0\.2\.1 is not an address of this machine/,
    );
  });

  test("usage: an option that there is not", async (t) => {
    await endsWith(
      portcall(t, ["connect", "--nope", "h:1"]),
      "usage",
      /^portcall connect: there is no option "--nope"/,
    );
  });

  test("tls: the server does not speak TLS, or resets in the handshake", async (t) => {
    for (const [says, answer] of [
      [/: the server does not speak TLS: it sent "220 hello"$/, (peer) => void peer.write("220 hello\r\n")],
      [/: the connection failed during the TLS handshake: reset by peer/, (peer) => peer.resetAndDestroy()],
    ] as readonly [RegExp, (peer: net.Socket) => void][]) {
      const server = await passiveServer(t);
      const accepted = server.accept();
      const child = portcall(t, ["connect", `tls://127.0.0.1:${server.port}`]);
      const peer = await accepted;
      await receives(peer, 1);
      answer(peer);
      await endsWith(child, "tls", says);
    }
  });

  test("file: standard input is a directory", async (t) => {
    const server = await passiveServer(t);
    const stdio = [openSync(folder, "r"), "pipe", "pipe"] as const;
    const child = portcall(t, ["connect", "127.0.0.1", String(server.port)], { stdio: [...stdio] });
    await endsWith(child, "file", "standard input: it is a directory");
  });

  test("file: standard output cannot be written", unless(notLinux), async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const stdio = ["pipe", openSync("/dev/full", "w"), "pipe"] as const;
    const child = portcall(t, ["connect", "127.0.0.1", String(server.port)], { stdio: [...stdio] });
    (await accepted).write("does not fit\n");
    await endsWith(child, "file", /^portcall: standard output: ENOSPC/);
  });

  test("resolve: no such name", async (t) => {
    const child = portcall(t, ["connect", "no-such-name.invalid", "80"]);
    await endsWith(child, "resolve", /^portcall: resolve no-such-name\.invalid: /);
  });

  test("refused: nothing listens there", async (t) => {
    const port = await refusingPort(t);
    const child = portcall(t, ["connect", "127.0.0.1", String(port)]);
    await endsWith(child, "refused", "connect 127.0.0.1:PORT: refused (ECONNREFUSED)");
  });

  test("refused: there is no such Unix socket", async (t) => {
    const child = portcall(t, ["connect", "-U", join(folder, "missing")]);
    await endsWith(child, "refused", /^portcall: connect unix:\S+missing: no such socket \(ENOENT\)$/);
  });

  test("connectTimeout: no answer, because the server's queue is full", unless(notLinux), async (t) => {
    const child = portcall(t, ["connect", "-w", "300ms", "127.0.0.1", String(await fullBacklogPort(t))]);
    await endsWith(child, "connectTimeout", "connect 127.0.0.1:PORT: no answer in 300 ms (-w)");
  });

  test("connectTimeout: packets vanish on the way", unless(noNamespaces), async (t) => {
    const child = inNetwork(t, "ip route add 10.9.8.0/24 dev lo", ["connect", "-w", "300ms", "10.9.8.7:80"]);
    await endsWith(child, "connectTimeout", "connect 10.9.8.7:80: no answer in 300 ms (-w)");
  });

  test("unreachable: TCP cannot connect to a multicast address", unless(notLinux), async (t) => {
    const child = portcall(t, ["connect", "224.0.0.1", "80"]);
    await endsWith(child, "unreachable", "connect 224.0.0.1:80: no route to that network (ENETUNREACH)");
  });

  test("unreachable: the route is prohibited", unless(noNamespaces), async (t) => {
    const child = inNetwork(t, "ip route add unreachable 10.9.8.0/24", ["connect", "10.9.8.7:80"]);
    await endsWith(child, "unreachable", "connect 10.9.8.7:80: no route to that host (EHOSTUNREACH)");
  });

  test("reset: right after the server accepted the connection (rivals: 0)", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcall(t, ["connect", "127.0.0.1", String(server.port)]);
    (await accepted).resetAndDestroy();
    await endsWith(
      child,
      "reset",
      /^portcall: (receive|connect) 127\.0\.0\.1:\d+: reset by peer \(ECONNRESET\)$/,
    );
  });

  test("reset: behind data, which is printed first (rivals: 0)", async (t) => {
    const { child, peer } = await connected(t);
    await reset(peer);
    await endsWith(child, "reset", "receive 127.0.0.1:PORT: reset by peer (ECONNRESET)");
    assert.equal(child.stdout, "hello\nthe rest\n");
  });

  test("idleTimeout: the server sends nothing for longer than -w (rivals: 0)", async (t) => {
    const server = await passiveServer(t);
    const child = portcall(t, ["connect", "-w", "2s", "127.0.0.1", String(server.port)]);
    await endsWith(child, "idleTimeout", /: nothing was sent or received for 2000 ms \(-w\)$/);
  });

  test("idleTimeout: the server falls silent for longer than -w", async (t) => {
    const { child } = await connected(t, ["-w", "2s"]);
    await endsWith(child, "idleTimeout", /: nothing was sent or received for 2000 ms \(-w\)$/);
    assert.equal(child.stdout, "hello\n");
  });

  test("idleTimeout: the server neither reads nor sends for longer than -w", async (t) => {
    const { child } = await connected(t, ["-w", "2s"]);
    child.end(Buffer.alloc(8_388_608));
    // The socket's buffers are full after a moment; from then on nothing moves in either direction.
    await endsWith(
      child,
      "idleTimeout",
      /: nothing was sent or received for 2000 ms, and the peer has not accepted \d+ bytes \(-w\)$/,
    );
  });

  test("closedEarly: the server closed before the client had finished", async (t) => {
    const { child, peer } = await connected(t);
    peer.end();
    await once(child.process.stdout as NodeJS.ReadableStream, "end");
    await child.write("one\n");
    await receives(peer, 4);
    peer.destroy();
    // The first of these is answered with a reset, the next finds that out.
    const more = (): void =>
      void (child.process.stdin?.writable && child.process.stdin.write("more\n", () => setImmediate(more)));
    more();
    await endsWith(child, "closedEarly", "send 127.0.0.1:PORT: the peer has closed the connection (EPIPE)");
  });

  test("bind: the address to connect from is not ours", async (t) => {
    const child = portcall(t, ["connect", "-s", "192.0.2.1", "127.0.0.1:80"]);
    await endsWith(child, "bind", /192\.0\.2\.1 is not an address of this machine \(EADDRNOTAVAIL\) \(-s\)$/);
  });

  test("bind: the port to connect from is taken, and not by the server at the other end", async (t) => {
    const server = portcall(t, ["serve", "echo", ":0"]);
    const { port } = await passiveServer(t);
    const words = ["connect", "-p", String(port), `127.0.0.1:${await portOf(server)}`];
    const holder = process.platform === "linux" ? `, by \\S+ \\(process ${process.pid}\\)` : "";
    const line = new RegExp(`^portcall: connect .*: address already in use \\(EADDRINUSE\\)${holder}$`);
    await endsWith(portcall(t, words), "bind", line);
  });

  test("bind: the port to connect from is privileged", unless(notLinux, noPrivilege), async (t) => {
    const server = await passiveServer(t);
    const [program = "", ...words] = unprivileged(["connect", "-p", "1", `127.0.0.1:${server.port}`]);
    await endsWith(start(t, program, words), "bind", /^portcall: connect .*: permission denied \(EACCES\)$/);
  });

  test("interrupted, terminated: a signal while talking, and while stdout waits for its reader", async (t) => {
    for (const [signal, exit] of [
      ["SIGINT", "interrupted"],
      ["SIGTERM", "terminated"],
    ] as const) {
      const { child } = await connected(t);
      child.kill(signal);
      await endsWith(child, exit, "quietly");
    }
    const server = await passiveServer(t);
    const accepted = server.accept();
    const { child, stdout } = portcallPiped(t, ["connect", "127.0.0.1", String(server.port)]);
    const peer = await accepted;
    peer.write(Buffer.alloc(8_388_608));
    await once(stdout, "readable");
    child.kill("SIGINT");
    await endsWith(child, "interrupted", "quietly");
  });

  test("interrupted: Ctrl-C while connecting", unless(notLinux), async (t) => {
    const child = portcall(t, ["connect", "--explain", "127.0.0.1", String(await fullBacklogPort(t))]);
    await child.printsOnStderr(/sending SYN/);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });

  test("brokenPipe: the reader of stdout has closed it", async (t) => {
    const { child, peer } = await connected(t);
    child.process.stdout?.destroy();
    const more = (): void => void (peer.destroyed || peer.write("more\n", () => setImmediate(more)));
    more();
    await endsWith(child, "brokenPipe", "quietly");
  });

  test(
    "exhausted, system: no descriptor is left; an error that no table has",
    unless(noCompiler),
    async (t) => {
      const { library } = compileShim("errno");
      const env = { LD_PRELOAD: library };
      const missing = { epoll: whyNoEpoll(), io_uring: whyNoUring(), portable: undefined };
      for (const [engine, whyNot] of Object.entries(missing)) {
        if (whyNot !== undefined) continue;
        const words = ["connect", "--engine", engine, "--explain"];
        const full = portcall(t, [...words, "127.0.0.1:10024"], { env });
        assert.equal(await full.code(), exitCodes.exhausted.code);
        assert.match(
          full.stderr,
          /no descriptors left in this process \(EMFILE\)\n.*\nfix +Raise `ulimit -n`/,
        );
        reached.add("exhausted");
        const odd = portcall(t, [...words, "127.0.0.1:10133"], { env });
        assert.equal(await odd.code(), 71);
        assert.match(
          odd.stderr,
          /failed +connect 127\.0\.0\.1:10133: the system reports an error \(ERRNO_133\)\n/,
        );
        assert.match(odd.stderr, /cause +The system failed with ERRNO_133 at the stage connect/);
        reached.add("system");
      }
    },
  );

  test("forbidden: the file of the socket is another user's", unless(notLinux, noPrivilege), async (t) => {
    const path = join(folder, "private.sock");
    await passiveServer(t, { path });
    chmodSync(path, 0o600);
    const [program = "", ...args] = unprivileged(["connect", "--explain", `unix:${path}`]);
    const child = start(t, program, args);
    assert.equal(await child.code(), 20);
    assert.match(
      child.stderr,
      /permission denied \(EACCES\)\ncause +You lack write permission for the socket's file/,
    );
    assert.doesNotMatch(child.stderr, /1024/);
    reached.add("forbidden");
  });

  test("unreachable: IPv6 is off; an interface that there is not", unless(noNamespaces), async (t) => {
    for (const engine of ["auto", "portable"]) {
      const off = inNetwork(t, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1", [
        "connect",
        "--engine",
        engine,
        "[::1]:80",
      ]);
      await endsWith(off, "bind", "connect [::1]:80: this machine has no IPv6 address (EADDRNOTAVAIL)");
      const zone = portcall(t, ["connect", "--engine", engine, "[fe80::1%nosuch]:80"]);
      await endsWith(zone, "unreachable", "connect [fe80::1%nosuch]:80: no such network interface (ENODEV)");
      const bound = portcall(t, ["serve", "echo", "--engine", engine, "[fe80::1%nosuch]:80"]);
      await endsWith(bound, "bind", "bind [fe80::1%nosuch]:80: no such network interface (ENODEV)");
    }
  });

  test("software: a bug is reported in one line", async (t) => {
    const fault = "data:text/javascript,performance.now=()=>{throw new Error('the clock is broken')}";
    const child = start(t, process.execPath, ["--import", fault, commandPath, "connect", "127.0.0.1:1"]);
    await endsWith(
      child,
      "software",
      /^portcall: this is a bug in portcall; please report it: Error: the clock is broken/,
    );
  });
});

function inNetwork(t: TestContext, setup: string, words: readonly string[]): Child {
  const [program = "", ...args] = [
    ...inNamespace({ setup: [setup] }),
    process.execPath,
    commandPath,
    ...words,
  ];
  return start(t, program, args);
}

describe("exit codes of listen", { concurrency: 3 }, () => {
  test("ok: both sides were done", async (t) => {
    const { child, peer } = await listening(t, ["listen", ":0"]);
    child.end("hello\n");
    peer.end("bye\n");
    assert.equal((await receivesEnd(peer)).toString(), "hello\n");
    await endsWith(child, "ok", "quietly");
    assert.equal(child.stdout, "bye\n");
  });

  test("usage: a port that cannot be", async (t) => {
    await endsWith(
      portcall(t, ["listen", ":65536"]),
      "usage",
      /^portcall listen: port "65536" is not a number from 0 to 65535$/,
    );
  });

  test("file: standard input is a directory, for one client and for many", async (t) => {
    for (const words of [
      ["listen", ":0"],
      ["listen", "--connections", "2", ":0"],
    ]) {
      const child = portcall(t, words, { stdio: [openSync(folder, "r"), "pipe", "pipe"] });
      const port = await portOf(child);
      for (const _ of words.slice(2)) (await passiveClient(t, { host: "127.0.0.1", port })).end();
      if (words.length === 2) await passiveClient(t, { host: "127.0.0.1", port });
      assert.equal(await child.code(), 3);
      assert.match(child.stderr, /portcall: standard input: it is a directory\n/);
    }
  });

  test("resolve: no such name", async (t) => {
    await endsWith(
      portcall(t, ["listen", "no-such-name.invalid:0"]),
      "resolve",
      /^portcall: resolve no-such-name\.invalid: /,
    );
  });

  test("reset: behind data, which is printed first", async (t) => {
    const { child, peer } = await listening(t, ["listen", ":0"]);
    peer.write("hello\n");
    await child.prints(/hello\n/);
    await reset(peer);
    await endsWith(child, "reset", "receive 127.0.0.1:PORT: reset by peer (ECONNRESET)");
    assert.equal(child.stdout, "hello\nthe rest\n");
  });

  test("idleTimeout: the client sends nothing for longer than -w", async (t) => {
    const { child } = await listening(t, ["listen", "-w", "300ms", ":0"]);
    await endsWith(child, "idleTimeout", /: nothing was sent or received for 300 ms \(-w\)$/);
  });

  test("closedEarly: the client closed before the listener had finished", async (t) => {
    const { child, peer } = await listening(t, ["listen", ":0"]);
    peer.end();
    await child.write("one\n");
    await receives(peer, 4);
    peer.destroy();
    const more = (): void =>
      void (child.process.stdin?.writable && child.process.stdin.write("more\n", () => setImmediate(more)));
    more();
    await endsWith(child, "closedEarly", "send 127.0.0.1:PORT: the peer has closed the connection (EPIPE)");
  });

  test("interrupted: Ctrl-C while waiting, and while talking", async (t) => {
    const waiting = portcall(t, ["listen", ":0"]);
    await portOf(waiting);
    waiting.kill("SIGINT");
    await endsWith(waiting, "interrupted", "quietly");
    const { child, peer } = await listening(t, ["listen", ":0"]);
    peer.write("hello\n");
    await child.prints(/hello/);
    child.kill("SIGTERM");
    await endsWith(child, "terminated", "quietly");
  });

  test("brokenPipe: the reader of stdout has closed it, with one client and with many", async (t) => {
    for (const words of [
      ["listen", ":0"],
      ["listen", "-k", ":0"],
    ]) {
      const { child, peer } = await listening(t, words);
      peer.write("hello\n");
      await child.prints(/hello\n/);
      child.process.stdout?.destroy();
      const more = (): void => void (peer.destroyed || peer.write("more\n", () => setImmediate(more)));
      more();
      assert.equal(await child.code(), 141);
      assert.doesNotMatch(child.stderr, /portcall:|EPIPE/);
    }
  });
});

describe("exit codes of serve", { concurrency: 3 }, () => {
  test("ok: Ctrl-C without clients", async (t) => {
    const child = portcall(t, ["serve", "echo", ":0"]);
    await portOf(child);
    child.kill("SIGINT");
    await endsWith(child, "ok", "quietly");
  });

  test("usage: a service that there is not", async (t) => {
    await endsWith(
      portcall(t, ["serve", "ehco", ":0"]),
      "usage",
      /^portcall serve: there is no service "ehco"; did you mean echo\?$/,
    );
  });

  test("resolve: no such name", async (t) => {
    await endsWith(
      portcall(t, ["serve", "echo", "no-such-name.invalid:0"]),
      "resolve",
      /^portcall: resolve no-such-name\.invalid: /,
    );
  });

  // With one client, its connection decides the exit.
  const one = ["serve", "echo", ":0", "--connections", "1"];

  test("ok: the one client has had its echo", async (t) => {
    const { child, peer } = await listening(t, one);
    peer.end("hello\n");
    assert.equal((await receivesEnd(peer)).toString(), "hello\n");
    await endsWith(child, "ok", /^127\.0\.0\.1:\d+ left: fin by the peer, 6 bytes in, 6 bytes out, /);
  });

  test("reset: by the one client", async (t) => {
    const { child, peer } = await listening(t, one);
    peer.write("hello\n");
    await receives(peer, 6);
    peer.resetAndDestroy();
    await endsWith(child, "reset", /^127\.0\.0\.1:\d+ left: reset by the peer, 6 bytes in, 6 bytes out, /);
  });

  test("idleTimeout: of the one client", async (t) => {
    const { child } = await listening(t, [...one, "-w", "300ms"]);
    await endsWith(
      child,
      "idleTimeout",
      /left: timeout by us \(.*: the peer sent nothing in its first 300 ms \(-w\)\)/,
    );
  });

  test("ok: of many clients, how each one ended is said and changes nothing", async (t) => {
    const { child, peer } = await listening(t, ["serve", "echo", ":0"]);
    peer.write("hello\n");
    await receives(peer, 6);
    peer.resetAndDestroy();
    await child.printsOnStderr(/left: reset by the peer/);
    child.kill("SIGTERM");
    await endsWith(child, "ok", /left: reset by the peer/);
  });

  test("interrupted: Ctrl-C twice, while a client stays", async (t) => {
    const { child, peer } = await listening(t, ["serve", "echo", ":0"]);
    peer.write("hello\n");
    await receives(peer, 6);
    child.kill("SIGINT");
    await child.printsOnStderr(/stopping: 1 connected/);
    child.kill("SIGINT");
    await endsWith(child, "interrupted", "quietly");
  });
});

describe("exit code of listen and serve when they cannot listen", { concurrency: 3 }, () => {
  for (const words of [["listen"], ["serve", "echo"]]) {
    const [verb = ""] = words;

    test(`F30: bind: ${verb} says who has the port`, async (t) => {
      const { port } = await passiveServer(t);
      const holder = process.platform === "linux" ? `, by \\S+ \\(process ${process.pid}\\)` : "";
      const line = new RegExp(
        `^portcall: bind 127\\.0\\.0\\.1:${port}: address already in use \\(EADDRINUSE\\)${holder}$`,
      );
      await endsWith(portcall(t, [...words, `127.0.0.1:${port}`]), "bind", line);
    });

    test(`F30: bind: ${verb} says who has the Unix socket`, unless(notLinux), async (t) => {
      const path = join(folder, `taken by a test of ${verb}`);
      await passiveServer(t, { path });
      const line = new RegExp(
        `^portcall: bind unix:${path}: address already in use \\(EADDRINUSE\\), by \\S+ \\(process ${process.pid}\\)$`,
      );
      await endsWith(portcall(t, [...words, "-U", path]), "bind", line);
    });

    test(`F30: bind: ${verb} says that the address is not ours`, async (t) => {
      const line = "bind 192.0.2.1:80: not an address of this machine (EADDRNOTAVAIL)";
      await endsWith(portcall(t, [...words, "192.0.2.1:80"]), "bind", line);
    });

    test(`F30: bind: ${verb} says that the port is privileged`, unless(notLinux, noPrivilege), async (t) => {
      const [program = "", ...args] = unprivileged([...words, "127.0.0.1:1"]);
      await endsWith(start(t, program, args), "bind", "bind 127.0.0.1:PORT: permission denied (EACCES)");
    });
  }
});

test("unmet: doctor has found something wrong", async (t) => {
  await endsWith(portcall(t, ["doctor"], { env: { PORTCALL_TIMEOUT: "soon" } }), "unmet", "quietly");
});

test("the exit codes are a contract: none changes its number or its name", () => {
  assert.deepEqual(Object.fromEntries(Object.entries(exitCodes).map(([name, { code }]) => [name, code])), {
    ok: 0,
    unmet: 1,
    usage: 2,
    file: 3,
    resolve: 10,
    refused: 11,
    connectTimeout: 12,
    unreachable: 13,
    tls: 14,
    reset: 15,
    idleTimeout: 16,
    closedEarly: 17,
    bind: 18,
    proxy: 19,
    forbidden: 20,
    exhausted: 23,
    software: 70,
    system: 71,
    interrupted: 130,
    brokenPipe: 141,
    terminated: 143,
  });
});

const reasonsToSkip = [notLinux, noNamespaces, noPrivilege, noCompiler];
test("every exit code was reached by a test above", unless(...reasonsToSkip), () => {
  assert.deepEqual(new Set(Object.keys(exitCodes)), reached);
});

test("help tells every exit code", () => {
  const words = [commandPath, "help", "exit-codes"];
  const { stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
  const lines = stdout.replaceAll(/\s+/g, " ");
  for (const { code, meaning } of Object.values(exitCodes)) assert.ok(lines.includes(` ${code} ${meaning} `));
});
