/**
 * A login by hand: `connect --telnet` on a real terminal, with telnetd and a shell on its PTY at the far end.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { openTerminal, type RealTerminal } from "../cli/support/tmux.ts";
import type { Child } from "../support/command.ts";
import { folderFor, isHere, needs, pathOf, python } from "./peers.ts";

interface Login {
  readonly terminal: RealTerminal;
  /** telnetd, which ends with its client. */
  readonly server: Child;
  readonly folder: string;
}

/** A shell at telnetd, in a window of 80 columns and 20 rows. */
async function login(t: TestContext, engine?: string): Promise<Login> {
  const folder = folderFor(t);
  const server = python(
    t,
    "telnetd.py",
    pathOf("telnetd"),
    `${resolve("test/interop/fixtures/shell.sh")} ${folder}`,
  );
  const [, port = ""] = await server.prints(/^(\d+)\n/);
  const terminal = await openTerminal(t, { columns: 80, rows: 20 }, { PORTCALL_ENGINE: engine });
  await terminal.enter("stty -a > before");
  // At the prompt, since a command after `;` would not run after a SIGINT.
  await terminal.enter(
    `clear; PROMPT_COMMAND='echo "ended $?"'; portcall connect --telnet 127.0.0.1 ${port}`,
  );
  await terminal.shows(/^far\$ ?$/m);
  return { terminal, server, folder };
}

/** The terminal is restored, and the shell echoes. */
async function isAsBefore({ terminal }: Login): Promise<void> {
  await terminal.enter("clear; stty -a > after; cmp before after && echo 'the sa''me'");
  await terminal.shows(/^the same$/m);
}

const needed = needs("telnetd", "python3", "tmux", "bash", "stty", "cmp", "grep", "pgrep", "od");

describe("a login at telnetd", needed, () => {
  for (const engine of ["epoll", "portable"]) {
    test(`echoes what is typed once, and ends as the far shell does: ${engine}`, async (t) => {
      const here = await login(t, engine);
      const { terminal } = here;
      await terminal.enter("echo on${0:+e}");
      await terminal.shows(/^far\$ echo on\$\{0:\+e\}\none\nfar\$/m);
      await terminal.enter("exit");
      await terminal.shows(/^ended 0$/m);
      await isAsBefore(here);
    });
  }

  test("sends each key at once: the far shell edits the line, with arrows and Backspace", async (t) => {
    const { terminal } = await login(t);
    await terminal.type("echo abd");
    await terminal.shows(/^far\$ echo abd$/m);
    await terminal.press("BSpace");
    await terminal.type("c; stty -a | grep -o '[-]*icanon'");
    await terminal.press("Enter");
    await terminal.shows(/^abc\n/m);
  });

  test("Ctrl-C, Ctrl-D and Ctrl-Z are the far side's", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("cat");
    await terminal.enter("copied");
    await terminal.shows(/^copied\ncopied$/m);
    await terminal.press("C-c");
    await terminal.shows(/\^C\nfar\$ ?$/m);
    await terminal.enter("cat; echo status $?");
    await terminal.press("C-d");
    await terminal.shows(/^status 0$/m);
    // Such a key also discards typed input that was not read, so the test waits until the program runs.
    await terminal.enter("sh -c 'echo ru${0:+nning}; exec sleep 600'");
    await terminal.shows(/^running$/m);
    await terminal.press("C-z");
    await terminal.shows(/Stopped|Suspended/);
  });

  test("Ctrl-\\ is the far side's", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("sh -c 'echo ru${0:+nning}; exec sleep 600'");
    await terminal.shows(/^running$/m);
    await terminal.press("C-\\\\");
    await terminal.shows(/\^\\Quit/);
  });

  test("colours arrive as colours", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("printf '\\033[31mr%s\\033[0m\\n' ed");
    await terminal.shows(/^red$/m);
    assert.ok((await terminal.colouredText()).includes("\u001b[31mred"));
  });

  test("the server knows the terminal's name and size, and each change of the size", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("echo $TERM; stty size");
    await terminal.shows(/^(screen|tmux)\S*\n20 80$/m);
    await terminal.resize(100, 30);
    // Telnet informs telnetd, which then informs the far shell.
    await terminal.enter("until [ \"$(stty size)\" = '30 100' ]; do sleep 0.1; done; echo to${0:+ld}");
    await terminal.shows(/^told$/m);
  });

  const editor = ["vim", "vi", "nvi"].find(isHere);
  test(
    "vi draws its screen, and saves what was written in it",
    editor === undefined ? needs("vi") : needs(editor),
    async (t) => {
      const here = await login(t);
      const { terminal, folder } = here;
      writeFileSync(`${folder}/text`, "first\n  second\nthird\n");
      await terminal.enter(`TERM=\${TERM%%-*} ${editor} ${editor === "vim" ? "-u NONE" : ""} text`);
      await terminal.shows(/^first\n {2}second\nthird\n~\n~/m);
      // A new row below the first one, and back up: a program that turned LF into CR LF would draw it elsewhere.
      await terminal.type("jAx");
      await terminal.press("Escape");
      await terminal.shows(/^ {2}secondx$/m);
      await terminal.type("onew");
      await terminal.press("Escape");
      await terminal.shows(/^first\n {2}secondx\n(?: {2})?new\nthird\n~/m);
      await terminal.enter(":wq");
      await terminal.shows(/^far\$ ?$/m);
      assert.match(readFileSync(`${folder}/text`, "utf8"), /^first\n {2}secondx\n(?: {2})?new\nthird\n$/);
      await terminal.enter("exit");
      await terminal.shows(/^ended 0$/m);
      await isAsBefore(here);
    },
  );

  test("a bare LF moves down and not to the left, as a program in raw mode expects", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("stty -opost; printf 'ab\\ncd\\r\\nef\\r\\n'; stty opost");
    await terminal.shows(/^ab\n {2}cd\nef$/m);
  });
});

describe("the escape key", needed, () => {
  test("^] and quit end the connection, and leave the terminal as it was", async (t) => {
    const here = await login(t);
    await here.terminal.press("C-]");
    await here.terminal.shows(/^portcall> ?$/m);
    await here.terminal.enter("quit");
    await here.terminal.shows(/^ended 0$/m);
    await here.server.code();
    await isAsBefore(here);
  });

  test("^] twice sends one", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("stty -echo; echo ready; head -c 1 | od -An -tx1; stty echo");
    // Before that, the far terminal would echo the key.
    await terminal.shows(/^ready$/m);
    await terminal.press("C-]", "C-]", "Enter");
    await terminal.shows(/^ 1d$/m);
  });

  test("Enter at the prompt goes on, with what has come meanwhile", async (t) => {
    const { terminal } = await login(t);
    await terminal.enter("read -r line; echo come; read -r line; echo got $line");
    await terminal.press("Enter", "C-]");
    await terminal.shows(/^portcall> ?$/m);
    await terminal.enter("help");
    await terminal.shows(/^quit +end the connection$/m);
    await terminal.enter("nothing");
    await terminal.shows(/^there is no command "nothing"/m);
    await terminal.press("Enter");
    await terminal.enter("more");
    await terminal.shows(/^got more$/m);
  });

  test("send sends a command of telnet: ayt is answered, ip interrupts", async (t) => {
    const { terminal } = await login(t);
    await terminal.press("C-]");
    await terminal.enter("send ayt");
    await terminal.shows(/^\[.*[Yy]es.*\]$/m);
    await terminal.enter("cat");
    await terminal.enter("running");
    await terminal.shows(/^running\nrunning$/m);
    await terminal.press("C-]");
    await terminal.enter("send ip");
    await terminal.shows(/running\n(?:.*\n)*far\$ ?$/m);
    await terminal.press("C-]");
    await terminal.enter("send pizza");
    await terminal.shows(/^send needs one of eof,/m);
  });

  test("suspend stops us, and fg goes on in the mode that the login needs", async (t) => {
    const here = await login(t);
    const { terminal } = here;
    await terminal.press("C-]");
    await terminal.enter("suspend");
    await terminal.shows(/Stopped/);
    await isAsBefore(here);
    await terminal.enter("clear; fg");
    await terminal.enter("echo ba${0:+ck}");
    await terminal.shows(/^back$/m);
    await terminal.enter("exit");
    await terminal.shows(/^ended 0$/m);
    await isAsBefore(here);
  });
});

describe("the terminal is given back", needed, () => {
  test("when the far side is killed", async (t) => {
    const here = await login(t);
    here.server.kill();
    await here.terminal.shows(/^ended \d+$/m);
    await isAsBefore(here);
  });

  for (const [signal, status] of [
    ["TERM", 143],
    ["INT", 130],
    ["HUP", 129],
    ["QUIT", 131],
  ] as const) {
    test(`when SIG${signal} ends us`, async (t) => {
      const here = await login(t);
      const { terminal } = here;
      // From the far shell, which is on the same machine.
      await terminal.enter(`kill -${signal} $(pgrep -f -- '[c]onnect --telnet 127.0.0.1 ${portOf(here)}')`);
      await terminal.shows(new RegExp(`ended ${status}$`, "m"));
      await isAsBefore(here);
    });
  }
});

function portOf({ server }: Login): string {
  return server.stdout.trim();
}
