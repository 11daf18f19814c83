/**
 * `connect` on a real terminal: output does not disturb the typed line, and the terminal is restored at the end.
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { unless } from "../../failures/support/needs.ts";
import { passiveServer, receives, receivesEnd } from "../support/passive-peers.ts";
import { noTmux, openTerminal, type RealTerminal, showExit } from "../support/tmux.ts";

interface Talk {
  readonly terminal: RealTerminal;
  readonly peer: net.Socket;
}

/** A shell in which `connect` has just connected to a peer. */
async function connected(
  t: TestContext,
  options: {
    readonly flags?: string;
    readonly size?: { readonly columns: number; readonly rows: number };
  } = {},
): Promise<Talk> {
  const server = await passiveServer(t);
  const accepted = server.accept();
  const terminal = await openTerminal(t, options.size);
  await terminal.enter(
    `clear; ${showExit}; portcall connect ${options.flags ?? ""} 127.0.0.1 ${server.port}`,
  );
  const peer = await accepted;
  peer.write("ready\r\n");
  await terminal.shows(/^ready$/m);
  return { terminal, peer };
}

/** What stands below `ready`, without empty lines at the end. */
async function below(terminal: RealTerminal): Promise<string> {
  return (await terminal.text()).replace(/^[^]*?^ready\n/m, "").trimEnd();
}

describe("connect on a terminal", { concurrency: 2, skip: unless(noTmux).skip }, () => {
  test("keeps the typed line and its cursor below the output", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.type("hello world");
    await terminal.press("Left", "Left", "Left", "Left", "Left");
    await terminal.shows(/hello world/);
    peer.write("one\r\ntwo\r\nlogin: ");
    await terminal.shows(/^login: hello world$/m);
    assert.equal(await below(terminal), "one\ntwo\nlogin: hello world");
    await terminal.type("big ");
    await terminal.shows(/^login: hello big world$/m);
    assert.match(await terminal.cursor(), /^17,/);
    await terminal.press("Enter");
    await receives(peer, 16);
    peer.write("ok\r\n");
    await terminal.shows(/^ok$/m);
    assert.equal(await below(terminal), "one\ntwo\nlogin: hello big world\nok");
  });

  test("keeps a line of several rows, with wide and combining characters, in one piece", async (t) => {
    const { terminal, peer } = await connected(t, { size: { columns: 20, rows: 12 } });
    const typed = "漢字漢字漢字漢字漢字漢字 e\u0301e\u0301 and the rest of it";
    await terminal.type(typed);
    await terminal.shows(/^ of it$/m);
    peer.write("exactly twenty cells");
    await terminal.shows(/^exactly twenty cells$/m);
    peer.write("\r\nmore\r\n");
    await terminal.shows(/^more$/m);
    assert.equal(
      await below(terminal),
      "exactly twenty cells\nmore\n漢字漢字漢字漢字漢字\n漢字 e\u0301e\u0301 and the rest\n of it",
    );
    await terminal.press("Home", "Delete");
    await terminal.shows(/^字漢/m);
    await terminal.press("Enter");
    await receives(peer, Buffer.byteLength(typed) - 3 + 1);
  });

  test("does not show typed text while a telnet server does ECHO", async (t) => {
    const { terminal, peer } = await connected(t, { flags: "--telnet" });
    peer.write(Buffer.from([255, 251, 1])); // IAC WILL ECHO
    peer.write("Password: ");
    await receives(peer, 3); // IAC DO ECHO: from here on it is hidden
    await terminal.type("hunter2");
    await terminal.press("Enter");
    await receives(peer, 3 + "hunter2\r\n".length);
    peer.write("\r\nwelcome\r\n");
    await terminal.shows(/^welcome$/m);
    assert.doesNotMatch(await terminal.text(), /hunter2/);
  });

  test("a resize draws the line anew, and once", async (t) => {
    const { terminal, peer } = await connected(t, { size: { columns: 60, rows: 12 } });
    peer.write("name: ");
    await terminal.type("abcdefghijklmnopqrstuvwxyz0123456789");
    await terminal.shows(/^name: abc.*789$/m);
    await terminal.resize(30, 12);
    await terminal.type("!");
    await terminal.shows(/!/);
    assert.match(await terminal.text(), /^name: abcdefghijklmnopqrstuvwx\nyz0123456789!\n\n/m);
    await terminal.resize(60, 12);
    await terminal.type("?");
    await terminal.shows(/\?/);
    assert.match(await terminal.text(), /^name: abcdefghijklmnopqrstuvwxyz0123456789!\?\n\n/m);
    assert.equal((await terminal.text()).match(/name:/g)?.length, 1);
  });

  test("F105: Ctrl-Z gives the terminal to the shell, and fg takes it back with the line", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.type("half a li");
    await terminal.press("C-z");
    await terminal.shows(/Stopped/);
    await terminal.enter("stty -a | grep -ow -e -icanon -e icanon");
    await terminal.shows(/^icanon$/m);
    await terminal.enter("fg");
    await terminal.shows(/^half a li$[^]*^half a li$/m);
    await terminal.enter("ne");
    await receives(peer, 12);
    peer.end();
    assert.equal((await receivesEnd(peer)).toString(), "half a line\n");
    await terminal.enter("clear; stty -a | grep -ow -e -icanon -e icanon");
    await terminal.shows(/^icanon$/m);
  });

  for (const [signal, code] of [
    ["TERM", 143],
    ["HUP", 129],
    ["INT", 130],
    ["QUIT", 131],
  ] as const) {
    test(`F105: SIG${signal} leaves the terminal as it was`, async (t) => {
      const { terminal } = await connected(t, { flags: "-v" });
      await terminal.type("half a line");
      await terminal.shows(/^half a line$/m);
      const other = await openTerminal(t);
      await other.enter(
        `pkill -${signal} -f '^[^ ]*node .*portcall.js connect -v 127.0.0.1 ${await portShown(terminal)}$'`,
      );
      await terminal.shows(new RegExp(`^exit ${code} icanon$`, "m"));
      assert.match(await terminal.text(), /^half a line$/m);
    });
  }

  test("F105: a bug leaves the terminal restored, and its message intact", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const terminal = await openTerminal(t, { columns: 100, rows: 24 });
    await terminal.enter(
      `export NODE_OPTIONS="--import=data:text/javascript,process.on('SIGUSR2',()=>{throw%20new%20Error('a-fault')})"; clear`,
    );
    await terminal.enter(
      `portcall connect 127.0.0.1 ${server.port}; echo "exit $?" $(stty -a | grep -ow -e -icanon -e icanon)`,
    );
    (await accepted).write("ready\n");
    await terminal.shows(/^ready$/m);
    await terminal.type("half a line");
    await terminal.shows(/^half a line$/m);
    const other = await openTerminal(t);
    await other.enter(`pkill -USR2 -f 'portcall.js connect 127.0.0.1 ${server.port}$'`);
    await terminal.shows(/^exit 70 icanon$/m);
    assert.match(
      await terminal.text(),
      /^portcall: this is a bug in portcall; please report it: Error: a-fault/m,
    );
  });

  test("Ctrl-C discards the line; on an empty line it sends FIN, and the second ends at once", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.type("no, not that");
    await terminal.press("C-c");
    await terminal.shows(/^no, not that\^C$/m);
    await terminal.enter("this");
    await receives(peer, 5);
    await terminal.press("C-c");
    assert.equal((await receivesEnd(peer)).toString(), "this\n");
    await terminal.shows(/^sent FIN; waiting 5 s for the peer, Ctrl-C again ends at/m);
    peer.write("still talking\r\n");
    await terminal.shows(/^still talking$/m);
    await terminal.press("C-c");
    await terminal.shows(/exit 130 icanon$/m);
  });

  test("Ctrl-C and then the peer's FIN is a normal close", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.press("C-c");
    await receivesEnd(peer);
    peer.end("goodbye\r\n");
    await terminal.shows(/^goodbye\n^exit 0 icanon$/m);
  });

  test("Ctrl-D on an empty line ends sending, and not receiving", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.enter("the rest");
    await terminal.press("C-d");
    assert.equal((await receivesEnd(peer)).toString(), "the rest\n");
    await terminal.shows(/^sent FIN; waiting for the peer, Ctrl-C stops$/m);
    peer.end("heard\r\n");
    await terminal.shows(/^heard\n^exit 0 icanon$/m);
  });

  test("F76: control sequences are shown, before and after typed text", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.type("typed");
    await terminal.shows(/^typed$/m);
    peer.write(Buffer.from("\x1b[2J\x1b[H\x1b]0;owned\x07\x9b31m\rover\r\n\x1b[6n", "latin1"));
    await terminal.shows(/\^\[\[6ntyped$/m);
    assert.equal(await below(terminal), "^[[2J^[[H^[]0;owned^G<9b>31m^Mover\n^[[6ntyped");
  });

  test("--telnet --raw passes control sequences to the terminal, and keeps the typed line after them", async (t) => {
    const { terminal, peer } = await connected(t, { flags: "--telnet --raw" });
    await terminal.type("typed");
    await terminal.shows(/^typed$/m);
    peer.write("\x1b[1mbold\x1b[0m é\r\nname: ");
    await terminal.shows(/^name: typed$/m);
    assert.equal(await below(terminal), "bold é\nname: typed");
  });

  test("1 MB that arrives during typing is shown whole, and the typed line stays whole", async (t) => {
    const { terminal, peer } = await connected(t, { size: { columns: 80, rows: 10 } });
    await terminal.type("first half");
    await terminal.shows(/^first half$/m);
    const line = (number: number): string => `${String(number).padStart(6, "0")} ${"x".repeat(72)}\r\n`;
    let sent = "";
    for (let number = 0; sent.length < 1_000_000; number++) sent += line(number);
    peer.write(sent);
    await terminal.type(", second half");
    peer.write("end of it\r\n");
    await terminal.shows(/^end of it\nfirst half, second half$/m);
    const shown = (await terminal.text()).trimEnd().split("\n");
    const numbers = shown.filter((one) => /^\d{6} x{72}$/.test(one));
    assert.equal(numbers.length, 8);
    await terminal.press("Enter");
    await receives(peer, 24);
  });

  test("a long paste arrives line by line, with tabs, and its last line stays to be edited", async (t) => {
    const { terminal, peer } = await connected(t, { size: { columns: 80, rows: 12 } });
    const lines = Array.from(
      { length: 300 },
      (_, number) => `line ${number}\twith a tab, ${"漢".repeat(number % 50)}`,
    );
    const long = "x".repeat(20_000);
    await terminal.paste(`${lines.join("\n")}\n${long}\nrest`);
    const whole = `${lines.join("\n")}\n${long}\n`;
    await receives(peer, Buffer.byteLength(whole));
    await terminal.shows(/^rest$/m);
    await terminal.press("C-u", "C-d");
    assert.equal((await receivesEnd(peer)).toString(), whole);
  });

  test("the history is there the next time, without passwords, and not with --no-history", async (t) => {
    const { terminal, peer } = await connected(t);
    await terminal.enter("remember me");
    await receives(peer, 12);
    peer.write("Password: ");
    await terminal.shows(/^Password: ?$/m);
    await terminal.enter("hunter2");
    await receives(peer, 20);
    peer.end();
    await terminal.shows(/^exit 0/m);
    const file = join(terminal.folder, "state", "portcall", "history");
    assert.equal(readFileSync(file, "utf8"), "remember me\n");
    assert.equal(statSync(file).mode & 0o777, 0o600);

    const server = await passiveServer(t);
    for (const [flags, keys, sent] of [
      ["", ["Up", "Up", "Enter"], "remember me\n"],
      ["--no-history", ["Up", "x", "Enter"], "x\n"],
    ] as const) {
      const accepted = server.accept();
      await terminal.enter(`clear; portcall connect ${flags} 127.0.0.1 ${server.port}`);
      const again = await accepted;
      again.write("ready\n");
      await terminal.shows(/^ready$/m);
      await terminal.press(...keys);
      await receives(again, sent.length);
      again.end();
      assert.equal((await receivesEnd(again)).toString(), sent);
      await terminal.shows(/^\$ ?$/m);
    }
    assert.equal(readFileSync(file, "utf8"), "remember me\n");
  });
});

/** The port that stands in the command line on the screen. */
async function portShown(terminal: RealTerminal): Promise<string> {
  return (await terminal.shows(/connect 127\.0\.0\.1:(\d+): connected/))[1] as string;
}
