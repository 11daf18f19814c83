/**
 * Telnet's Synch, IAC DM with the DM as TCP urgent data (RFC 854): the mark is removed from the stream, and the data
 * on both sides of it is complete.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { portcall } from "../support/command.ts";
import { socketEngines } from "../support/native-engines.ts";
import { startPython } from "../support/python.ts";
import { listening, needs } from "./peers.ts";

/**
 * Connects to a port, or listens and prints the port. Sends a line with a Synch in it, and prints the received line.
 */
const peer = `
import socket, sys
if sys.argv[1] == "listen":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    peer, _ = listener.accept()
else:
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    peer.makefile("rb").readline()
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
peer.sendall(b"before\\xff\\xf4\\xff")
peer.send(b"\\xf2", socket.MSG_OOB)
peer.sendall(b"after\\r\\n")
if sys.argv[1] == "listen":
    peer.shutdown(socket.SHUT_WR)
else:
    print(peer.makefile("rb").readline().strip().decode("latin1"), flush=True)
`;

for (const { name, whyNot } of socketEngines) {
  const options = { skip: whyNot ?? needs("python3").skip, timeout: 30_000 };

  test(`serve --telnet on the ${name} engine reads on behind a Synch`, options, async (t) => {
    const { port } = await listening(t, "serve", "reply", ":0", "--telnet", "--engine", name);
    assert.equal(await startPython(t, peer, port).hear(), "OK... beforeafter");
  });

  test(`connect --telnet on the ${name} engine reads on behind a Synch`, options, async (t) => {
    const port = await startPython(t, peer, "listen").hear();
    const child = portcall(t, ["connect", "--telnet", "--engine", name, `127.0.0.1:${port}`]);
    child.end();
    await child.prints(/^beforeafter\r?\n/);
    assert.equal(await child.code(), 0);
  });
}
