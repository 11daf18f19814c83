/**
 * `listen -k` on a real terminal: clients by number, and what is typed to them.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { unless } from "../../failures/support/needs.ts";
import { start, type Child } from "../../support/command.ts";
import { passiveClient, receives, receivesEnd } from "../support/passive-peers.ts";
import { noTmux, openTerminal, type RealTerminal, showExit } from "../support/tmux.ts";
import { needs } from "../../interop/peers.ts";

const size = { columns: 100, rows: 24 };

async function listening(
  t: TestContext,
  flags = "-k",
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly terminal: RealTerminal; readonly port: number }> {
  const terminal = await openTerminal(t, size, env);
  await terminal.enter(`clear; ${showExit}; portcall listen ${flags} :0`);
  const [, port = ""] = await terminal.shows(/^listening on 127\.0\.0\.1:(\d+)\n>/m);
  return { terminal, port: Number(port) };
}

describe("listen -k on a terminal", { concurrency: 2, skip: unless(noTmux).skip }, () => {
  test("sends a line to all clients, or to one, and shows which client sent what", async (t) => {
    const { terminal, port } = await listening(t);
    await terminal.enter("too early");
    await terminal.shows(/^> too early\nnot sent: no client is connected$/m);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    await terminal.shows(/^\[1\] connected with 127\.0\.0\.1:\d+\n\[2\] connected with .*\n>$/m);
    await terminal.type("hal");
    one.write("hi\r\n");
    await terminal.shows(/^\[1\] hi\n> hal$/m);
    await terminal.enter("lo");
    await terminal.enter("@2 only you");
    await terminal.enter("//who");
    await receives(one, 11);
    await receives(two, 20);
    await terminal.enter("@3 absent");
    await terminal.shows(/^there is no client 3; connected: 1, 2$/m);
    await terminal.enter("/quit");
    assert.equal((await receivesEnd(one)).toString(), "hallo\n/who\n");
    assert.equal((await receivesEnd(two)).toString(), "hallo\nonly you\n/who\n");
    await terminal.shows(/^stopping: 2 connected/m);
    for (const peer of [one, two]) peer.end();
    await terminal.shows(/^exit 0 icanon$/m);
    // That is for Ctrl-D, after which nothing stops by itself.
    assert.doesNotMatch(await terminal.text(), /no more is sent/);
  });

  test("closes a client, cuts one off, and tells who is here", async (t) => {
    const { terminal, port } = await listening(t);
    const [one, two, three] = [
      await passiveClient(t, { host: "127.0.0.1", port }),
      await passiveClient(t, { host: "127.0.0.1", port }),
      await passiveClient(t, { host: "127.0.0.1", port }),
    ];
    await terminal.shows(/^\[3\] connected/m);
    three.write("12345");
    await terminal.enter("/close 1");
    assert.equal((await receivesEnd(one)).toString(), "");
    one.end();
    await terminal.shows(/^\[1\] left: fin by us/m);
    await terminal.enter("/reset 2");
    await assert.rejects(receivesEnd(two), { code: "ECONNRESET" });
    await terminal.shows(/^\[2\] left: aborted by us/m);
    await terminal.enter("/who");
    await terminal.shows(/^\[3\] 127\.0\.0\.1:\d+, 5 bytes in, 0 bytes out(, rtt \d\.\d ms)?$/m);
    await terminal.enter("/wo");
    await terminal.shows(/^there is no command "\/wo"; did you mean \/who\?/m);
    await terminal.press("C-c");
    await terminal.shows(/^stopping: 1 connected/m);
    three.end();
    await terminal.shows(/^exit 130 icanon$/m);
  });

  test("Tab completes commands and numbers, and shows them where there are several", async (t) => {
    const { terminal, port } = await listening(t);
    await passiveClient(t, { host: "127.0.0.1", port });
    await passiveClient(t, { host: "127.0.0.1", port });
    await terminal.shows(/^\[2\] connected/m);
    await terminal.type("/re");
    await terminal.press("Tab");
    await terminal.shows(/^> \/reset$/m);
    await terminal.press("Tab");
    await terminal.shows(/^1 {3}2\n> \/reset$/m);
    await terminal.enter("2");
    await terminal.shows(/^\[2\] left: aborted by us/m);
    await terminal.press("@", "Tab");
    await terminal.shows(/^> @1$/m);
  });

  test("/slow limits one client in both directions, and delays no other", async (t) => {
    const { terminal, port } = await listening(t);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    await terminal.shows(/^\[2\] connected/m);
    await terminal.enter("/slow 1 5B/s");
    await terminal.shows(/^\[1\] 5 B\/s$/m);
    const line = "a line of forty characters, more or less";
    await terminal.enter(line);
    one.write(`${line}\n`);
    two.write("quick\n");
    await terminal.shows(/^\[2\] quick$/m);
    await receives(two, line.length + 1);
    await receives(one, 1);
    await terminal.enter("/who");
    await terminal.shows(
      /^\[1\] 127\.0\.0\.1:\d+, \d{1,2} bytes? in, \d{1,2} bytes? out, \d{1,2} bytes? waiting, slow: 5 B\/s(, rtt \d\.\d ms)?$/m,
    );
    assert.doesNotMatch(await terminal.text(), /^\[1\] a line/m);
    await terminal.enter("/slow 1 off");
    await terminal.shows(/^\[1\] no rate limit$/m);
    await terminal.shows(/^\[1\] a line of forty characters, more or less$/m);
    await receives(one, line.length + 1);
  });

  test("F77: a client can neither control the terminal nor imitate another client", async (t) => {
    const { terminal, port } = await listening(t);
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    one.write("\x1b[2J\x1b[33m[2]\x1b[0m me\r[2] me\r\n");
    await terminal.shows(/^\[1\] \^\[\[2J\^\[\[33m\[2\]\^\[\[0m me\^M\[2\] me$/m);
  });

  test("Ctrl-D sends FIN to all clients, and to later ones", async (t) => {
    const { terminal, port } = await listening(t, "--connections 2");
    const one = await passiveClient(t, { host: "127.0.0.1", port });
    await terminal.shows(/^\[1\] connected/m);
    await terminal.press("C-d");
    await terminal.shows(/^sent FIN to all clients; new clients get FIN at once; Ctrl-C stops$/m);
    const two = await passiveClient(t, { host: "127.0.0.1", port });
    for (const peer of [one, two]) {
      assert.equal((await receivesEnd(peer)).toString(), "");
      peer.end("bye\n");
    }
    await terminal.shows(/^exit 0 icanon$/m);
  });

  test("talks with telnets", needs("telnet", "python3", "tmux"), async (t) => {
    const { terminal, port } = await listening(t);
    const telnet = (): Child =>
      start(t, "python3", ["test/interop/fixtures/terminal.py", "telnet", "127.0.0.1", String(port)]);
    const one = telnet();
    await one.prints(/Escape character/);
    await one.write("hello\n");
    await terminal.shows(/^\[1\] hello$/m);
    await terminal.enter("hi yourself");
    await one.prints(/^hi yourself\r?$/m);
    await terminal.enter("/close 1");
    await one.prints(/Connection closed by foreign host/);
    await terminal.shows(/^\[1\] left: fin by us/m);
  });

  for (const [what, env, coloured] of [
    ["has its numbers in colours", {}, true],
    ["has none with NO_COLOR", { NO_COLOR: "1" }, false],
  ] as const) {
    test(what, async (t) => {
      const { terminal, port } = await listening(t, "-k", { NO_COLOR: "", ...env });
      (await passiveClient(t, { host: "127.0.0.1", port })).write("hi\n");
      await terminal.shows(/^\[1\] hi$/m);
      assert.equal((await terminal.colouredText()).includes("\x1b[36m[1]"), coloured);
    });
  }

  test("listen without -k talks to its one client as connect does", async (t) => {
    const terminal = await openTerminal(t, size);
    await terminal.enter("clear; portcall listen :0; echo exit $?");
    const [, port = ""] = await terminal.shows(/^listening on 127\.0\.0\.1:(\d+)$/m);
    const peer = await passiveClient(t, { host: "127.0.0.1", port: Number(port) });
    peer.write("name: ");
    await terminal.shows(/^name:/m);
    await terminal.enter("/who");
    await receives(peer, 5);
    peer.end("hello /who\n");
    await terminal.shows(/^name: \/who\nhello \/who\nexit 0$/m);
    assert.equal(readFileSync(join(terminal.folder, "state", "portcall", "history"), "utf8"), "/who\n");
  });
});
