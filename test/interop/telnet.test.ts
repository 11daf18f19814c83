/**
 * The server of the classic tutorial, used as the tutorial describes: with telnet, from three terminals at once.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Child } from "../support/command.ts";
import { hasIpv6, listening, needs, onTerminal } from "./peers.ts";

/** What a terminal shows, with the terminal's line ends. */
function screen(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

function greeting(host = "127.0.0.1"): readonly string[] {
  return [
    `Trying ${host}...`,
    `Connected to ${host}.`,
    "Escape character is '^]'.",
    "Welcome to the server. Type something and hit enter",
  ];
}

async function telnet(t: TestContext, port: string, host = "127.0.0.1"): Promise<Child> {
  const terminal = onTerminal(t, "telnet", host, port);
  await terminal.prints(/hit enter\r\n/);
  return terminal;
}

async function type(terminal: Child, line: string): Promise<void> {
  await terminal.write(`${line}\n`);
  await terminal.prints(new RegExp(`^OK\\.\\.\\. ${line}\\r\\n`, "m"));
}

test("three telnets at once have the tutorial's transcript each", needs("telnet", "python3"), async (t) => {
  const { child: server, port } = await listening(t, "serve", "reply", ":0");
  const terminals = await Promise.all([telnet(t, port), telnet(t, port), telnet(t, port)]);
  const [first, second, third] = terminals;
  await type(second, "hello");
  await type(first, "hi");
  await Promise.all(terminals.map((terminal, number) => type(terminal, `all at once, ${number}`)));
  await type(third, "zwei Wörter");
  await type(first, "how are you");

  const came = [...server.stderr.matchAll(/^connected with (127\.0\.0\.1:\d+)$/gm)].map(([, peer]) => peer);
  assert.equal(new Set(came).size, 3);

  // Each leaves in another way: normally, with the window closed, and when the server stops.
  await first.write("\x1d");
  await first.prints(/telnet> $/);
  await first.write("quit\n");
  assert.equal(await first.code(), 0);
  await server.printsOnStderr(/^127\.0\.0\.1:\d+ left: fin by the peer, 33 bytes in, 103 bytes out/m);
  second.kill();
  await server.printsOnStderr(/^127\.0\.0\.1:\d+ left: fin by the peer, 23 bytes in/m);
  server.kill("SIGINT");
  await server.printsOnStderr(/^stopping: 1 connected/m);
  server.kill("SIGINT");
  assert.equal(await server.code(), 130);
  await third.code();

  assert.equal(
    first.stdout,
    screen(
      ...greeting(),
      ...["hi", "OK... hi", "all at once, 0", "OK... all at once, 0", "how are you", "OK... how are you"],
      ...["^]", "telnet> quit", "Connection closed."],
    ),
  );
  assert.equal(
    second.stdout,
    screen(...greeting(), "hello", "OK... hello", "all at once, 1", "OK... all at once, 1"),
  );
  assert.equal(
    third.stdout,
    screen(
      ...greeting(),
      ...["all at once, 2", "OK... all at once, 2", "zwei Wörter", "OK... zwei Wörter"],
      "Connection closed by foreign host.",
    ),
  );
});

test(
  "a telnet client that stays is waited for, and sees the server close",
  needs("telnet", "python3"),
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "--drain", "60s", "reply", ":0");
    const terminal = await telnet(t, port);
    server.kill("SIGINT");
    await server.printsOnStderr(/^stopping: 1 connected, waiting/m);
    await type(terminal, "still here");
    await terminal.write("\x1d");
    await terminal.prints(/telnet> $/);
    await terminal.write("close\n");
    assert.equal(await server.code(), 0);
  },
);

test(
  "telnet over IPv6 has the same transcript",
  hasIpv6 ? needs("telnet", "python3") : { skip: "no IPv6 here" },
  async (t) => {
    const { port } = await listening(t, "serve", "reply", "[::1]:0", "--messages", "2");
    const terminal = await telnet(t, port, "::1");
    await type(terminal, "one");
    await type(terminal, "two");
    await terminal.code();
    assert.equal(
      terminal.stdout,
      screen(
        ...greeting("::1"),
        ...["one", "OK... one", "two", "OK... two", "Connection closed by foreign host."],
      ),
    );
  },
);
