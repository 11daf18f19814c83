/**
 * TCP's urgent data stays at its position in the stream, as RFC 6093 (section 3.2) recommends. Read separately, its
 * byte would be missing from the data. Telnet's Synch uses it (RFC 854).
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test, type TestContext } from "node:test";
import { tcpAddress } from "../../src/base/address/address.ts";
import {
  chooseEngine,
  engineChoices,
  whyNoEpoll,
  whyNoUring,
  type EngineChoice,
} from "../../src/wire/index.ts";
import { dial, listen, record } from "../contract/wire-pair.ts";
import { needs } from "../interop/peers.ts";
import { startPython, type PythonPeer } from "../support/python.ts";

/** Connects to a port, or listens and prints the port. Each line of stdin is a send, in hexadecimal. */
const peer = `
import socket, sys
if sys.argv[1] == "listen":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    peer, _ = listener.accept()
else:
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for line in sys.stdin:
    how, data = line.split()
    sent = bytes.fromhex(data)
    count = peer.send(sent, socket.MSG_OOB if how == "urgent" else 0)
    assert count == len(sent)
    print("sent", flush=True)
`;

/** What is sent, piece by piece. The last byte of an urgent piece is the urgent one. */
type Piece = readonly [how: "plain" | "urgent", hex: string];

const streams: Readonly<Record<string, readonly Piece[]>> = {
  "one byte between others": [
    ["plain", "6162"],
    ["urgent", "21"],
    ["plain", "6364"],
  ],
  "the mark of a Synch": [
    ["plain", "6162ff"],
    ["urgent", "f2"],
    ["plain", "63"],
  ],
  "the first byte of all": [
    ["urgent", "01"],
    ["plain", "0203"],
  ],
  "the end of a longer piece": [
    ["urgent", "0102030405"],
    ["plain", "06"],
  ],
  "twice, the second before the first was read": [
    ["urgent", "0102"],
    ["urgent", "0304"],
    ["plain", "05"],
  ],
};

/** Whether a socket reads before everything was sent, so that the urgent byte arrives alone, or after. */
type Order = "read as it comes" | "read when all of it is there";

async function say(python: PythonPeer, pieces: readonly Piece[]): Promise<void> {
  for (const [how, hex] of pieces) {
    python.tell(`${how} ${hex}`);
    assert.equal(await python.hear(), "sent");
  }
}

for (const name of engineChoices.filter((choice) => choice !== "auto")) {
  const skip = whyNot(name) ?? needs("python3").skip;
  suite(`urgent data on the ${name} engine`, { skip }, () => {
    for (const side of ["accepted", "connected"] as const) {
      for (const [what, pieces] of Object.entries(streams)) {
        for (const order of ["read as it comes", "read when all of it is there"] as const) {
          test(`stays in its place on ${side} sockets: ${what}, ${order}`, { timeout: 10_000 }, async (t) => {
            await receives(t, name, side, pieces, order);
          });
        }
      }
    }

    test("stays in its place on a socket that waited before the listener was handed over", () => {
      const node = [process.execPath, "--input-type=module", "-e", child(name)];
      const { stdout, stderr } = spawnSync("python3", ["-c", parent, ...node], { encoding: "utf8" });
      assert.deepEqual([stdout, stderr], ["ab!cd", ""]);
    });
  });
}

/** Listens, lets a client connect and send, and then passes the listening socket on, as descriptor 3. */
const parent = `
import os, socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
client.send(b"ab")
client.send(b"!", socket.MSG_OOB)
client.send(b"cd")
client.shutdown(socket.SHUT_WR)
os.dup2(listener.fileno(), 3)
sys.exit(subprocess.call(sys.argv[1:], pass_fds=[3]))
`;

const child = (name: EngineChoice): string => `
import { chooseEngine } from ${JSON.stringify(new URL("../../src/engine.js", import.meta.url).href)};
const events = {
  bytes: (view) => process.stdout.write(Buffer.from(view)),
  drained() {}, closed() {}, ended: () => process.exit(0),
};
await chooseEngine("${name}").inherit(3, { noDelay: true, keepAliveMs: 0, backlog: 8 }, {
  accepted: (wire) => wire.start(events), acceptFailed: console.error,
});`;

async function receives(
  t: TestContext,
  name: EngineChoice,
  side: "accepted" | "connected",
  pieces: readonly Piece[],
  order: Order,
): Promise<void> {
  const engine = chooseEngine(name);
  const expected = Buffer.from(pieces.map(([, hex]) => hex).join(""), "hex");
  let python: PythonPeer;
  let wire;
  if (side === "accepted") {
    const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
    const { address } = door;
    assert.ok(address.family !== "unix");
    python = startPython(t, peer, String(address.port));
    wire = record(t, await door.next());
  } else {
    python = startPython(t, peer, "listen");
    wire = record(t, await dial(engine, tcpAddress("127.0.0.1", Number(await python.hear()))));
  }
  if (order === "read as it comes") {
    wire.start();
    let sentBytes = 0;
    for (const piece of pieces) {
      await say(python, [piece]);
      sentBytes += piece[1].length / 2;
      await wire.untilReceived(sentBytes);
    }
  } else {
    await say(python, pieces);
    wire.start();
  }
  await wire.untilReceived(expected.length);
  assert.deepEqual(Buffer.from(wire.received), expected);
}

function whyNot(name: EngineChoice): string | undefined {
  if (name === "epoll") return whyNoEpoll();
  return name === "io_uring" ? whyNoUring() : undefined;
}
