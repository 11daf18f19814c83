/**
 * A terminal that passes keys as they are typed: `--raw` at connect and listen, and a terminal that the user has made raw.
 * At the far end are bare sockets, which see each key, and shells on a PTY.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { needs, pathOf } from "../../support/programs.ts";
import { portcall, start } from "../../support/command.ts";
import { portOf as tcpPortOf } from "../../interop/peers.ts";
import { passiveClient, passiveServer, portOf, receives } from "../support/passive-peers.ts";
import { openTerminal, type RealTerminal, showExit } from "../support/tmux.ts";

const needed = needs("tmux", "bash", "stty");

/** A terminal whose settings are in the file `before`. */
async function terminalOf(t: TestContext): Promise<RealTerminal> {
  const terminal = await openTerminal(t, { columns: 80, rows: 20 });
  await terminal.enter("stty -a > before");
  return terminal;
}

interface Talk {
  readonly terminal: RealTerminal;
  readonly peer: Socket;
}

/** A terminal on which `connect` with these flags has connected to a peer that does not read. */
async function connected(t: TestContext, flags: string, redirection = ""): Promise<Talk> {
  const server = await passiveServer(t);
  const terminal = await terminalOf(t);
  const accepted = server.accept();
  await terminal.enter(
    `clear; portcall connect ${flags} 127.0.0.1 ${server.port} ${redirection}; echo "exit $?"`,
  );
  return { terminal, peer: await accepted };
}

async function isAsBefore(terminal: RealTerminal): Promise<void> {
  await terminal.enter(
    "clear; stty -a > after; [ \"$(cat before)\" = \"$(cat after)\" ] && echo 'the sa''me'",
  );
  await terminal.shows(/^the same$/m);
}

async function next(peer: Socket): Promise<string> {
  const [chunk] = (await once(peer, "data")) as [Buffer];
  return chunk.toString("latin1");
}

/** The command has ended with this exit, and the terminal is as it was. */
async function endsWith(terminal: RealTerminal, exit: number): Promise<void> {
  await terminal.shows(new RegExp(`exit ${exit}$`, "m"));
  await isAsBefore(terminal);
}

describe("--raw on a terminal", needed, () => {
  test("sends each key as it is typed, echoes none, and shows output unchanged", async (t) => {
    const { terminal, peer } = await connected(t, "--raw");
    await terminal.shows(/\^\] opens a prompt/);
    peer.resume();
    for (const [key, bytes] of [
      ["a", "a"],
      ["Enter", "\r"],
      ["C-c", "\x03"],
      ["C-d", "\x04"],
      ["C-z", "\x1a"],
      ["C-s", "\x13"],
      ["Up", "\x1b[A"],
    ] as const) {
      const came = next(peer);
      await terminal.press(key);
      assert.equal(await came, bytes, key);
    }
    peer.write("\x1b[2J\x1b[Hab\ncd\x1b[31mred");
    await terminal.shows(/^ab\n {2}cdred$/m);
    assert.ok(!(await terminal.text()).includes("^C"), "something was echoed");
    assert.ok((await terminal.colouredText()).includes("\u001b[31mred"));
    peer.end();
    await endsWith(terminal, 0);
  });

  test("gives the terminal back when the peer resets, with the exit of a reset", async (t) => {
    const { terminal, peer } = await connected(t, "--raw");
    await terminal.shows(/\^\] opens a prompt/);
    peer.resetAndDestroy();
    await endsWith(terminal, 15);
  });

  test("^] and quit end it with 0 when the peer ends too, though it is in the middle of a line", async (t) => {
    const { terminal, peer } = await connected(t, "--raw");
    await terminal.shows(/\^\] opens a prompt/);
    peer.write("half a line");
    await terminal.shows(/half a line/);
    peer.on("end", () => peer.end()).resume();
    await terminal.press("C-]");
    await terminal.shows(/^portcall> ?$/m);
    await terminal.enter("q");
    await endsWith(terminal, 0);
  });

  test("after quit, Ctrl-C ends the wait for a peer that does not end", async (t) => {
    const server = await passiveServer(t);
    const terminal = await terminalOf(t);
    const accepted = server.accept();
    await terminal.enter(`clear; ${showExit}; portcall connect --raw 127.0.0.1 ${server.port}`);
    await accepted;
    await terminal.shows(/\^\] opens a prompt/);
    await terminal.press("C-]");
    await terminal.enter("quit");
    await terminal.shows(/^sent FIN; waiting 5 s for the peer/m);
    await terminal.press("C-c");
    await terminal.shows(/exit 130 icanon$/m);
    await isAsBefore(terminal);
  });

  test("what is pasted arrives whole at a peer that reads late", async (t) => {
    const { terminal, peer } = await connected(t, "--raw");
    await terminal.shows(/\^\] opens a prompt/);
    const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number}`).join("\n");
    await terminal.paste(lines);
    await receives(peer, lines.length);
    peer.end();
    await endsWith(terminal, 0);
  });

  test("listen passes keys to its client", async (t) => {
    const terminal = await terminalOf(t);
    await terminal.enter(`clear; portcall listen --raw 127.0.0.1:0; echo "exit $?"`);
    const [, port = ""] = await terminal.shows(/listening on 127\.0\.0\.1:(\d+)/);
    const client = await passiveClient(t, { host: "127.0.0.1", port: Number(port) });
    await terminal.shows(/\^\] opens a prompt/);
    client.resume();
    const came = next(client);
    await terminal.press("C-c");
    assert.equal(await came, "\x03");
    client.end();
    await endsWith(terminal, 0);
  });

  test("works where stderr is a file, which then has our lines", async (t) => {
    const { terminal, peer } = await connected(t, "--raw -v", "2> said");
    peer.write("here\r\n");
    await terminal.shows(/^here$/m);
    peer.resume();
    const came = next(peer);
    await terminal.press("C-c");
    assert.equal(await came, "\x03");
    peer.end();
    await terminal.shows(/^exit 0$/m);
    await terminal.enter("clear; head -n 1 said");
    await terminal.shows(/^connect 127\.0\.0\.1:\d+: connected/m);
    await isAsBefore(terminal);
  });

  test("leaves the terminal alone with --hex, whose rows need lines", async (t) => {
    const { terminal, peer } = await connected(t, "--raw --hex");
    await terminal.enter("ab");
    await terminal.shows(/^> 00000000 {2}61 62 0a /m);
    peer.end();
    await terminal.shows(/^exit 0$/m);
  });
});

/** A telnet server that does what the test says, and a terminal on which `connect --telnet` has connected to it. */
async function telnetByHand(t: TestContext): Promise<{ terminal: RealTerminal; peer: Socket }> {
  const server = await passiveServer(t);
  const terminal = await terminalOf(t);
  const accepted = server.accept();
  await terminal.enter(`clear; portcall connect --telnet 127.0.0.1 ${server.port}; echo "exit $?"`);
  const peer = await accepted;
  peer.resume();
  return { terminal, peer };
}

const [iac, will, wont, echo, sga] = [255, 251, 252, 1, 3];
const echoes = Buffer.from([iac, will, echo, iac, will, sga]);

describe("connect --telnet", needed, () => {
  test("passes keys while the server does ECHO and SGA, and edits lines before and after", async (t) => {
    const { terminal, peer } = await telnetByHand(t);
    peer.write("by line\r\n");
    await terminal.shows(/^by line$/m);
    let came = next(peer);
    await terminal.enter("one");
    assert.equal(await came, "one\r\n");

    peer.write(echoes);
    await terminal.shows(/\^\] opens a prompt/);
    came = next(peer);
    await terminal.press("C-c");
    assert.equal(await untilLast(peer, came, "\x03"), "\x03");

    peer.write(Buffer.from([iac, wont, echo]));
    peer.write("\r\nby line again\r\n");
    await terminal.shows(/^by line again$/m);
    await terminal.type("twx");
    await terminal.shows(/^twx$/m);
    came = next(peer);
    await terminal.press("BSpace");
    await terminal.enter("o");
    assert.equal(await untilLast(peer, came, "two\r\n"), "two\r\n");
    peer.end();
    await endsWith(terminal, 0);
  });

  test("follows a server that changes ECHO again, also while a prompt is open", async (t) => {
    const { terminal, peer } = await telnetByHand(t);
    const byLine = Buffer.from([iac, wont, echo]);
    // More often than Node lets listeners pile up without a warning.
    for (let turn = 0; turn < 12; turn++) peer.write(Buffer.concat([echoes, byLine]));
    peer.write(echoes);
    peer.write("keys\r\n");
    await terminal.shows(/^keys$/m);
    await terminal.press("C-]");
    await terminal.type("qu");
    await terminal.shows(/^portcall> qu$/m);
    peer.write(byLine);
    peer.write("lines\r\n");
    await terminal.shows(/^lines$/m);
    await terminal.type("on");
    await terminal.shows(/^on$/m);
    const came = next(peer);
    await terminal.enter("e");
    assert.equal(await untilLast(peer, came, "one\r\n"), "one\r\n");
    assert.doesNotMatch(await terminal.text(), /Warning/);
    peer.write(echoes);
    const keys = next(peer);
    await terminal.press("x");
    assert.equal(await untilLast(peer, keys, "x"), "x");
    peer.end();
    await endsWith(terminal, 0);
  });

  test("sends Enter as CR NUL at once, and what was half typed as keys", async (t) => {
    const { terminal, peer } = await telnetByHand(t);
    peer.write("here\r\n");
    await terminal.shows(/^here$/m);
    await terminal.type("half");
    await terminal.shows(/^half$/m);
    let came = next(peer);
    peer.write(echoes);
    assert.equal(await untilLast(peer, came, "half"), "half");
    came = next(peer);
    await terminal.press("Enter");
    assert.equal(await came, "\r\0");
    peer.end();
    await terminal.shows(/^exit 0$/m);
  });

  test("hides what is typed, and keeps to lines, while the server does ECHO without SGA", async (t) => {
    const { terminal, peer } = await telnetByHand(t);
    peer.write(Buffer.concat([echoes.subarray(0, 3), Buffer.from("password: ")]));
    await terminal.shows(/^password: ?$/m);
    await terminal.type("secreX");
    await terminal.press("BSpace");
    const came = next(peer);
    await terminal.enter("t");
    assert.equal(await untilLast(peer, came, "secret\r\n"), "secret\r\n");
    assert.doesNotMatch(await terminal.text(), /secre/);
    peer.end();
    await terminal.shows(/exit 0$/m);
  });

  test("F105: a bug restores the terminal while keys are passed", needs("pkill"), async (t) => {
    const terminal = await terminalOf(t);
    const server = await passiveServer(t);
    const accepted = server.accept();
    const fault = "process.on('SIGUSR2',()=>{throw%20new%20Error('a-fault')})";
    await terminal.enter(`export NODE_OPTIONS="--import=data:text/javascript,${fault}"; clear`);
    await terminal.enter(`portcall connect --telnet 127.0.0.1 ${server.port}; echo "exit $?"`);
    (await accepted).write(echoes);
    await terminal.shows(/\^\] opens a prompt/);
    const other = await openTerminal(t);
    await other.enter(`pkill -USR2 -f 'portcall.js connect --telnet 127.0.0.1 ${server.port}$'`);
    await endsWith(terminal, 70);
  });
});

/** The bytes until that ending, without telnet commands. */
async function untilLast(peer: Socket, first: Promise<string>, end: string): Promise<string> {
  const negotiation = /\xff[\xfb-\xfe]./gs;
  let came = (await first).replaceAll(negotiation, "");
  while (!came.endsWith(end)) came += (await next(peer)).replaceAll(negotiation, "");
  return came;
}

describe("a shell on a PTY at the far end", needed, () => {
  /** Types at it what needs a terminal at both ends. */
  async function isUsable(terminal: RealTerminal): Promise<void> {
    await terminal.shows(/far\$ ?$/m);
    await terminal.enter("test -t 0 && echo on a${0:+ terminal}");
    // A line typed before the prompt is echoed where the prompt then comes.
    await terminal.shows(/^on a terminal\nfar\$ ?$/m);
    await terminal.enter("cat");
    await terminal.enter("copied");
    await terminal.shows(/^copied\ncopied$/m);
    await terminal.press("C-c");
    await terminal.shows(/\^C\nfar\$ ?$/m);
    await terminal.enter('stty -echo; echo ready; read -r secret; stty echo; echo "<$secret>"');
    await terminal.shows(/^ready$/m);
    await terminal.enter("hidden");
    await terminal.shows(/^<hidden>$/m);
    assert.doesNotMatch(await terminal.text(), /^hidden$/m);
    await terminal.enter("exit");
    await terminal.shows(/exit 0$/m);
    await isAsBefore(terminal);
  }

  test("connect --raw is its terminal: serve --exec with script", needs("script"), async (t) => {
    const shell = "script -qfc 'test/interop/fixtures/shell.sh .' /dev/null";
    const server = portcall(t, ["serve", "--exec", shell, ":0"], {
      env: { TERM: "dumb", SHELL: pathOf("sh") },
    });
    const port = await portOf(server);
    const terminal = await terminalOf(t);
    await terminal.enter(`clear; portcall connect --raw 127.0.0.1 ${port}; echo "exit $?"`);
    await isUsable(terminal);
  });

  const throughSocat = needs("socat");

  async function socatShell(t: TestContext): Promise<string> {
    const shell = "EXEC:sh -i,pty,stderr,setsid,ctty,sane";
    const server = start(t, "socat", ["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", shell], {
      env: { PS1: "far$ " },
    });
    await server.printsOnStderr(/listening on/);
    return tcpPortOf(server);
  }

  for (const engine of ["epoll", "io_uring", "portable"]) {
    test(`connect --raw is its terminal: socat with pty, ${engine}`, throughSocat, async (t) => {
      const port = await socatShell(t);
      const terminal = await terminalOf(t);
      await terminal.enter(
        `clear; portcall connect --engine ${engine} --raw 127.0.0.1 ${port}; echo "exit $?"`,
      );
      await isUsable(terminal);
    });
  }

  for (const command of ["nc", "connect"]) {
    test(
      `${command} on a terminal that is raw already leaves it alone, and passes bytes as they are`,
      throughSocat,
      async (t) => {
        const port = await socatShell(t);
        const terminal = await terminalOf(t);
        await terminal.enter(
          `clear; own=$(stty -g); stty raw -echo; portcall ${command} 127.0.0.1 ${port}; code=$?; stty $own; echo "exit $code"`,
        );
        await terminal.shows(/far\$ ?$/m);
        await terminal.enter("printf '\\033[31mr%s\\033[0m\\n' ed");
        await terminal.shows(/^red\nfar\$ ?$/m);
        assert.ok((await terminal.colouredText()).includes("\u001b[31mred"));
        await isUsable(terminal);
      },
    );
  }
});

test("nc with bytes on pipes passes all of them to a PTY in raw mode and back", needs("socat"), async (t) => {
  const shell = "EXEC:cat,pty,setsid,ctty,rawer,echo=0";
  const server = start(t, "socat", ["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", shell]);
  await server.printsOnStderr(/listening on/);
  const client = portcall(t, ["nc", "127.0.0.1", tcpPortOf(server)]);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await client.write(bytes);
  await client.printsBytes(256);
  assert.deepEqual(client.bytes(), bytes);
});
