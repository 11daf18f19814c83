/**
 * `listen`: one client as plain `nc -l`, several by their numbers; and where it and `serve`
 * listen, by what is asked for.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ClientHub } from "../../src/cli/session/client-hub.ts";
import { readEnds } from "../../src/cli/session/end-options.ts";
import { createReporter } from "../../src/cli/report/reporter.ts";
import { Terminal } from "../../src/cli/tty/terminal.ts";
import { serve } from "../../src/net/index.ts";
import { inNamespace, noNamespaces } from "../failures/support/namespace.ts";
import { cannotRun, notLinux, unless } from "../failures/support/needs.ts";
import { commandPath, portcall, start } from "../support/command.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { passiveClient, portOf, receives, receivesEnd, refusal } from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

describe("listen for one client", { concurrency: 3 }, () => {
  test("accepts no second client, whether the first is still connected or not", async (t) => {
    const child = portcall(t, ["listen", ":0"]);
    const port = await portOf(child);
    const first = await passiveClient(t, { host: "127.0.0.1", port });
    first.write("hello\n");
    await child.prints(/hello\n/);
    assert.equal(await refusal(port), "ECONNREFUSED");
    first.end();
    child.end("bye\n");
    assert.equal((await receivesEnd(first)).toString(), "bye\n");
    assert.equal(await child.code(), 0);
  });

  test("reads stdin only once a client is connected, so that no input is lost", async (t) => {
    const child = portcall(t, ["listen", ":0"]);
    child.end("piped in before anybody came\n");
    const peer = await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
    assert.equal((await receivesEnd(peer)).toString(), "piped in before anybody came\n");
    peer.end();
    assert.equal(await child.code(), 0);
  });

  test("prints bytes as they come, lines or not", async (t) => {
    const child = portcall(t, ["listen", ":0"]);
    const peer = await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
    peer.write("no newline");
    await child.prints(/^no newline$/);
    peer.end();
    child.end();
    assert.equal(await child.code(), 0);
  });

  test("talks over a Unix socket, by path and by abstract name", unless(notLinux), async (t) => {
    for (const path of [join(folder, "one.sock"), `@portcall-listen-${process.pid}`]) {
      const child = portcall(t, ["listen", "-v", "-U", path]);
      await child.printsOnStderr(/^listen unix:/);
      const client = portcall(t, ["connect", "-U", path]);
      client.end("from the client\n");
      await child.prints(/from the client\n/);
      child.end("from the listener\n");
      assert.equal(await client.code(), 0);
      assert.equal(await child.code(), 0);
      assert.equal(client.stdout, "from the listener\n");
    }
  });
});

describe("listen for many clients", { concurrency: 3 }, () => {
  test("numbers them, and puts the number before each line", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    const port = await portOf(child);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    await child.printsOnStderr(new RegExp(`^\\[1\\] connected with 127\\.0\\.0\\.1:${one.localPort}\n`, "m"));
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    await child.printsOnStderr(/^\[2\] connected with /m);
    two.write("se");
    one.write("first\r\n");
    await child.prints(/^\[1\] first\n$/);
    two.write("cond\nthird\nno newline at the end");
    await child.prints(/^\[2\] second\n\[2\] third\n/m);
    two.end();
    await child.prints(/^\[2\] no newline at the end\n/m);
    await child.write("to all\n");
    for (const peer of [one, two]) await receives(peer, 7);
    child.kill("SIGINT");
    for (const peer of [one, two]) assert.equal((await receivesEnd(peer)).toString(), "to all\n");
    one.end();
    assert.equal(await child.code(), 130);
    for (const number of [1, 2])
      assert.match(child.stderr, new RegExp(`^\\[${number}\\] left: fin by `, "m"));
  });

  test("the end of stdin sends FIN to all clients, later ones included; their data still arrives", async (t) => {
    const child = portcall(t, ["listen", "--connections", "2", ":0"]);
    const port = await portOf(child);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    await child.printsOnStderr(/\[1\] connected/);
    child.end("the rest\n");
    assert.equal((await receivesEnd(one)).toString(), "the rest\n");
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    assert.equal((await receivesEnd(two)).toString(), "");
    for (const peer of [one, two]) peer.end("heard you\n");
    assert.equal(await child.code(), 0);
    assert.deepEqual(child.stdout.split("\n").toSorted(), ["", "[1] heard you", "[2] heard you"]);
  });

  test("stdin waits until a client is connected", async (t) => {
    const child = portcall(t, ["listen", "--connections", "2", ":0"]);
    await child.write("piped in before anybody came\n");
    const port = await portOf(child);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    await receives(one, 29);
    child.end();
    assert.equal((await receivesEnd(one)).toString(), "piped in before anybody came\n");
    one.end();
    (await passiveClient(t, { host: "127.0.0.1", port })).end();
    assert.equal(await child.code(), 0);
  });

  test("F21: a half-closed client stays while it is sent data, and then for a limited time", async (t) => {
    const clock = new FakeClock();
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const streams = { stdin, stdout, stderr: new PassThrough() };
    const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
    const reporter = createReporter({}, terminal);
    const ends = readEnds({});
    const crowd = new ClientHub(terminal, { crlf: false, hex: false, raw: false, reporter, clock, ends });
    await using server = await serve({ port: 0 }, (client) => crowd.join(client));
    void crowd.sendInput();
    const { port } = server.address;
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    peer.end("done\n");
    while (clock.timers === 0) await turn();
    stdin.write("for you");
    await receives(peer, 7);
    clock.advance(ends.halfCloseMs);
    // Something was sent meanwhile, so it is waited for once more.
    while (clock.timers === 0) await turn();
    assert.equal(server.stats.connections, 1);
    clock.advance(ends.halfCloseMs);
    assert.equal((await receivesEnd(peer)).toString(), "for you");
    assert.equal(String(stdout.read()), "[1] done\n");
  });

  test("a client that resets is not success, though the others ended well", async (t) => {
    const child = portcall(t, ["listen", "--connections", "2", ":0"]);
    const port = await portOf(child);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    await child.printsOnStderr(/\[1\] connected/);
    one.resetAndDestroy();
    await child.printsOnStderr(/^\[1\] left: reset by the peer/m);
    (await passiveClient(t, { host: "127.0.0.1", port })).end();
    child.end();
    assert.equal(await child.code(), 15);
  });

  for (const [what, words, stdin] of [
    ["/dev/null as stdin", [], "ignore"],
    ["--no-shutdown", ["--no-shutdown"], "pipe"],
    ["--recv-only", ["--recv-only"], "pipe"],
  ] as const) {
    test(`${what} sends no FIN to clients, and the clients' FIN ends the connection`, async (t) => {
      const child = portcall(t, ["listen", "--connections", "2", ...words, ":0"], {
        stdio: [stdin, "pipe", "pipe"],
      });
      child.end();
      const port = await portOf(child);
      for (const name of ["one", "two"]) {
        const peer = await passiveClient(t, { host: "127.0.0.1", port });
        for (let line = 1; line <= 10; line++) {
          peer.write(`${name} ${line}\n`);
          await child.prints(new RegExp(`${name} ${line}\n`));
        }
        assert.equal(peer.readableEnded, false);
        peer.end();
        assert.equal((await receivesEnd(peer)).length, 0);
      }
      assert.equal(await child.code(), 0);
    });
  }

  test("--send-only discards data from clients, and closes them at the end of stdin", async (t) => {
    const child = portcall(t, ["listen", "--connections", "2", "--send-only", ":0"]);
    const port = await portOf(child);
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    peer.write("never shown\n");
    child.end("for you\n");
    assert.equal((await receivesEnd(peer)).toString(), "for you\n");
    peer.end();
    const late = await passiveClient(t, { host: "127.0.0.1", port });
    assert.equal((await receivesEnd(late)).length, 0);
    late.end();
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "");
  });

  test("a client that resets does not affect the others", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    const port = await portOf(child);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    await child.printsOnStderr(/\[2\] connected/);
    one.resetAndDestroy();
    await child.printsOnStderr(/^\[1\] left: reset by the peer/m);
    two.write("still here\n");
    await child.prints(/^\[2\] still here\n/);
    await child.write("good\n");
    await receives(two, 5);
  });
});

describe("output is complete", { concurrency: 3 }, () => {
  test("F26: every line of stderr, even with a slow reader", async (t) => {
    const child = portcall(t, ["serve", "echo", "-v", ":0", "--connections", "500"]);
    const port = await portOf(child);
    // More than a pipe holds; nothing is read until all clients have left.
    child.process.stderr?.pause();
    for (let number = 1; number <= 500; number++) {
      const peer = await passiveClient(t, { host: "127.0.0.1", port });
      peer.end("x");
      await receivesEnd(peer);
    }
    child.process.stderr?.resume();
    assert.equal(await child.code(), 0);
    for (let number = 1; number <= 500; number++)
      assert.ok(child.stderr.includes(`\n[${number}] close: fin by the peer`), String(number));
    assert.match(child.stderr, /\nclose: the server is closed, clients served: 500\n$/);
  });
});

describe("where listen and serve listen", { concurrency: 3 }, () => {
  const noIpv6 = cannotRun(
    "this needs IPv6",
    process.execPath,
    "-e",
    `require("node:net").createServer().listen(0, "::1", () => process.exit())`,
  );

  for (const words of [["listen"], ["serve", "echo"]]) {
    const verb = words[0] ?? "";
    const rows: readonly (readonly [args: readonly string[], where: RegExp])[] = [
      [[":0"], /listening on 127\.0\.0\.1:\d+/],
      [["-4", ":0"], /listening on 127\.0\.0\.1:\d+/],
      [["-6", ":0"], /listening on \[::1\]:\d+/],
      [["-6", "[::]:0"], /listening on \[::\]:\d+/],
      [["0.0.0.0:0"], /listening on 0\.0\.0\.0:\d+/],
      [["127.0.0.1", "0"], /listening on 127\.0\.0\.1:\d+/],
      [["localhost", "0"], /listening on (127\.0\.0\.1|\[::1\]):\d+/],
      [["-4", "localhost:0"], /listening on 127\.0\.0\.1:\d+/],
    ];
    for (const [args, where] of rows) {
      test(`${verb} ${args.join(" ")}`, unless(args.includes("-6") ? noIpv6 : undefined), async (t) => {
        const child = portcall(t, [...words, ...args]);
        await child.printsOnStderr(where);
        child.kill("SIGINT");
        assert.equal(await child.code(), verb === "listen" ? 130 : 0);
      });
    }

    test(`${verb} -6 on all addresses takes no IPv4`, unless(noIpv6), async (t) => {
      const child = portcall(t, [...words, "-6", "[::]:0"]);
      const port = await portOf(child);
      assert.equal(await refusal(port), "ECONNREFUSED");
      const peer = await passiveClient(t, { host: "::1", port });
      peer.end();
      child.end();
      await receivesEnd(peer);
    });

    test(
      `${verb} -4 and -6 choose among the addresses of a name`,
      unless(noNamespaces, noIpv6),
      async (t) => {
        // Not ::1, which the C library takes for 127.0.0.1 where IPv4 is asked for.
        const files = { "/etc/hosts": "127.0.0.9 both.example\nfd00:9::1 both.example\n" };
        const setup = ["ip -6 addr add fd00:9::1/128 dev lo nodad"];
        for (const [flag, where] of [
          ["-4", /listening on 127\.0\.0\.9:\d+/],
          ["-6", /listening on \[fd00:9::1\]:\d+/],
        ] as const) {
          const [program = "", ...args] = [
            ...inNamespace({ setup, files }),
            ...[process.execPath, commandPath, ...words, flag, "both.example:0"],
          ];
          const child = start(t, program, args);
          await child.printsOnStderr(where);
          child.kill();
          await child.code();
        }
      },
    );
  }

  test(
    "listen without an address takes a free port of 127.0.0.1, or of ::1 with -6",
    unless(noIpv6),
    async (t) => {
      for (const [args, where] of [
        [["listen"], /^listening on 127\.0\.0\.1:\d+\n$/],
        [["listen", "-6"], /^listening on \[::1\]:\d+\n$/],
      ] as const) {
        const child = portcall(t, args);
        await child.printsOnStderr(where);
        child.kill();
      }
    },
  );
});
