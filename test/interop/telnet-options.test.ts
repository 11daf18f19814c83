/**
 * `--telnet` with other telnet programs: inetutils' client and server, and curl.
 */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { commandPath, portcall, start } from "../support/command.ts";
import { listening, needs, onTerminal, pathOf, python } from "./peers.ts";

const needsTelnetd = needs("telnetd", "python3", "stty");

/** inetutils' telnetd for one client. Its login program prints what telnetd knows of the client. */
async function telnetServer(t: TestContext): Promise<string> {
  const server = python(t, "telnetd.py", pathOf("telnetd"), resolve("test/interop/fixtures/login.sh"));
  const [, port = ""] = await server.prints(/^(\d+)\n/);
  return port;
}

test(
  "telnet negotiates with serve, whose service sees lines alone",
  needs("telnet", "python3"),
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "--telnet", "-v", ":0");
    const terminal = onTerminal(t, "telnet", "127.0.0.1", port);
    await terminal.prints(/hit enter\r\n/);
    await server.printsOnStderr(/^\[1\] telnet: the peer does TTYPE/m);
    await server.printsOnStderr(/^\[1\] telnet: the peer does NAWS/m);
    await server.printsOnStderr(/^\[1\] telnet: the peer's terminal is "\w+"/m);
    await terminal.write("hello\n");
    await terminal.prints(/^OK\.\.\. hello\r\n/m);
    // Each of these is a command to telnet itself. Its own line is not sent.
    await terminal.write("\x1dsend ayt\n\n");
    await terminal.prints(/^\[yes\]\r\n/m);
    await terminal.write("\x1dsend ip\n\n");
    await server.printsOnStderr(/^\[1\] telnet: the peer sent IAC IP/m);
    await terminal.write("zwei Wörter\n");
    await terminal.prints(/^OK\.\.\. zwei Wörter\r\n/m);
    await terminal.write("\x1dquit\n");
    assert.equal(await terminal.code(), 0);
    assert.ok(!terminal.bytes().includes(0xff), "telnet has shown an IAC");
  },
);

test(
  "telnet as it is on port 23, asking first, stays in its line mode",
  needs("telnet", "python3"),
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "--telnet", "-v", "echo", ":0");
    // A hyphen before the port makes telnet negotiate, as on port 23.
    const terminal = onTerminal(t, "telnet", "--", "127.0.0.1", `-${port}`);
    await server.printsOnStderr(/^\[1\] telnet: the peer's terminal is/m);
    await terminal.write("by line\n");
    await terminal.prints(/by line\r\n.*by line\r\n/s);
    await terminal.write("\x1dquit\n");
    assert.equal(await terminal.code(), 0);
    // Eight requests, besides its answers: SGA, LINEMODE, NEW-ENVIRON, STATUS and others.
    await server.printsOnStderr(/^\[1\] close: fin by the peer, 59 bytes in/m);
  },
);

test("telnet's toggled BINARY carries bytes both ways", needs("telnet", "python3"), async (t) => {
  const { child: server, port } = await listening(t, "serve", "--telnet", "-v", "echo", ":0");
  const terminal = onTerminal(t, "telnet", "127.0.0.1", port);
  await server.printsOnStderr(/^\[1\] telnet: the peer's terminal is/m);
  await terminal.write("\x1dtoggle binary\n\n");
  await server.printsOnStderr(/^\[1\] telnet: our side does BINARY/m);
  await server.printsOnStderr(/^\[1\] telnet: the peer does BINARY/m);
  await terminal.write("\x1dquit\n");
  assert.equal(await terminal.code(), 0);
});

test("connect logs in at telnetd, with the data alone on stdout", needsTelnetd, async (t) => {
  const port = await telnetServer(t);
  const client = portcall(t, ["connect", "--telnet", "-v", "127.0.0.1", port], {
    env: { USER: "-f root", PORTCALL_SECRET: "told" },
  });
  await client.prints(/^terminal network, window 0 0, user \[\], secret \[\]\r\n/m);
  await client.write("hello\n");
  await client.prints(/^heard hello\r\n/m);
  await client.write("bye\n");
  await client.prints(/goodbye\r\n$/);
  client.end();
  assert.equal(await client.code(), 0);
  assert.match(client.bytes().toString("latin1"), /^\xff\xff goodbye\r\n$/m);
  assert.ok(!client.bytes().includes(Buffer.from("fffa", "hex")), "telnet is on stdout");
  assert.match(client.stderr, /^telnet: the peer does ECHO/m);
  assert.match(client.stderr, /^telnet: our side does BINARY/m);
});

test(
  "connect in a window tells telnetd its size, again when it changes, and its name",
  needsTelnetd,
  async (t) => {
    const port = await telnetServer(t);
    const client = python(
      t,
      "window.py",
      process.execPath,
      commandPath,
      "connect",
      "--telnet",
      "127.0.0.1",
      port,
    );
    await client.prints(/terminal vt220, window .*, user \[\]/);
    // telnetd does not wait for the size. The login program may learn it a little later.
    await client.prints(/window 30 100/);
    await client.write("\0");
    await client.prints(/window 31 100/);
    await client.write("bye\n");
    await client.prints(/ goodbye\r\n/);
    // telnetd echoes and takes keys, so its output is meant for the terminal itself.
    assert.match(client.bytes().toString("latin1"), /\xff\xff goodbye\r\n/);
    await client.write("\x1dquit\r");
    assert.equal(await client.code(), 0);
  },
);

test("curl telnet:// talks to serve, and sends the configured terminal name", needs("curl"), async (t) => {
  const { child: server, port } = await listening(t, "serve", "--telnet", "-v", ":0");
  const curl = start(t, "curl", ["-sSN", "-t", "TTYPE=vt100", `telnet://127.0.0.1:${port}`]);
  // It looks at the network only between two reads of a pipe, so it receives everything at once.
  curl.end("one\ntwo\n");
  await curl.prints(/^OK\.\.\. two\r?\n/m);
  await server.printsOnStderr(/^\[1\] telnet: our side does BINARY/m);
  await server.printsOnStderr(/^\[1\] telnet: the peer's terminal is "vt100"/m);
  // Once BINARY, which curl requests, is agreed on, line ends are sent unchanged.
  const lines = ["Welcome to the server. Type something and hit enter", "OK... one", "OK... two", ""];
  assert.equal(curl.stdout.replaceAll("\r\n", "\n"), lines.join("\n"));
});

test("both ends of our own speak with each other", async (t) => {
  const { port } = await listening(t, "serve", "--telnet", ":0", "--messages", "1");
  const client = portcall(t, ["connect", "--telnet", "127.0.0.1", port]);
  client.end("\xff\n");
  assert.equal(await client.code(), 0);
  assert.equal(client.stdout, "Welcome to the server. Type something and hit enter\r\nOK... \xff\r\n");
});
