/** F27: a peer's machine has vanished: it sends nothing, and acknowledges nothing. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { whyNoEpoll } from "../../src/engine.ts";
import { connect, type Connection, type ConnectionOptions } from "../../src/index.ts";
import { noPython, startPython } from "../support/python.ts";

/** A server that accepts one client, receives from it, and then loses its packets: a filter on its socket drops them. */
const vanishing = `
import ctypes, socket, struct, sys
door = socket.create_server(("127.0.0.1", 0))
print(door.getsockname()[1], flush=True)
client, _ = door.accept()
client.recv(1)
drop = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
SO_ATTACH_FILTER = 26
client.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxQ", 1, ctypes.addressof(drop)))
print("vanished", flush=True)
sys.stdin.readline()
`;

async function connectToVanishing(t: TestContext, options: ConnectionOptions): Promise<Connection> {
  const peer = startPython(t, vanishing);
  const connection = await connect(`127.0.0.1:${await peer.hear()}`, { engine: "epoll", ...options });
  t.after(() => connection.abort());
  await connection.write("x");
  assert.equal(await peer.hear(), "vanished");
  return connection;
}

describe("F27: a peer that has vanished", { skip: noPython || whyNoEpoll(), timeout: 60_000 }, () => {
  test("ends what was sent to it after userTimeoutMs, which the error names", async (t) => {
    const connection = await connectToVanishing(t, { userTimeoutMs: 1_000, keepAliveMs: 0 });
    await connection.write("is anybody there?");
    // Until then the data is retransmitted, which TCP_INFO shows.
    while (connection.tcpInfo()?.retransmitsPending === 0) await turn();
    assert.ok(Number(connection.tcpInfo()?.retransmitsTotal) > 0);
    const { how, by, error } = await connection.closed;
    assert.deepEqual([how, by, error?.code, error?.option], ["reset", "peer", "ETIMEDOUT", "userTimeoutMs"]);
    assert.match(String(error?.message), /: the peer stopped answering .*\(userTimeoutMs\)$/);
  });

  test("is noticed by keep-alive, after the configured number of probes", async (t) => {
    const connection = await connectToVanishing(t, {
      keepAliveMs: 1_000,
      keepAliveIntervalMs: 1_000,
      keepAliveProbes: 2,
    });
    const { error } = await connection.closed;
    assert.deepEqual([error?.code, error?.option], ["ETIMEDOUT", undefined]);
  });
});
