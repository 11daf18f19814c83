/**
 * The chat with real clients: telnet on a terminal, nc, socat and python beside each other.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../support/command.ts";
import { listening, nc, needs, onTerminal, python } from "./peers.ts";

test(
  "telnet, nc, socat and python talk to each other, each in its own line ends",
  needs("telnet", nc, "socat", "python3"),
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "chat", ":0");
    const telnet = onTerminal(t, "telnet", "127.0.0.1", port);
    await telnet.prints(/\* What is your name\?\r\n/);
    await telnet.write("ada\n");
    await telnet.prints(/^\* Hello ada, you are the first here/m);
    const netcat = start(t, nc, ["-N", "127.0.0.1", port]);
    await netcat.write("bob\n");
    await netcat.prints(/^\* Hello bob, also here: ada/m);
    const socat = start(t, "socat", ["-t3600", "-", `TCP4:127.0.0.1:${port}`]);
    await socat.write("cleo\n");
    await socat.prints(/^\* Hello cleo, also here: ada, bob/m);
    const scripted = python(t, "client.py", "127.0.0.1", port);
    scripted.end("dan\r\nhello from a program\r\n/quit\r\n");
    assert.equal(await scripted.code(), 0);
    assert.match(scripted.stdout, /^\* Hello dan, also here: ada, bob, cleo.*\r\n\* Goodbye\.\r\n$/m);

    for (const child of [telnet, netcat, socat]) {
      await child.prints(/^\* dan has joined\r?\n<dan> hello from a program\r?\n\* dan has left\r?\n/m);
    }
    await telnet.write("grüße an alle\n");
    await netcat.prints(/^<ada> grüße an alle\r\n/m);
    await socat.prints(/^<ada> grüße an alle\r\n/m);
    await netcat.write("hello, telnet\n");
    await telnet.prints(/^<bob> hello, telnet\r\n/m);
    await telnet.write("/quit\n");
    await telnet.code();
    await netcat.prints(/^\* ada has left\r\n/m);
    // A client does not receive its own lines.
    assert.doesNotMatch(telnet.stdout, /<ada>/);

    server.kill("SIGINT");
    for (const child of [netcat, socat]) await child.prints(/^\* The room closes\. Goodbye\.\r\n/m);
    netcat.end();
    socat.end();
    assert.equal(await server.code(), 0);
  },
);
