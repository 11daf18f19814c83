/**
 * F23: this side closes while the peer still sends. Unread input makes the kernel send an RST, which can
 * destroy the data sent last.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, formatAddress, serve, type Server } from "../../src/index.ts";
import { unless } from "./support/needs.ts";
import { connectPeer, type Peer } from "./support/peer.ts";
import { Seen } from "./support/seen.ts";

const reply = "we close now, and this is why\n".repeat(5_000);
/** Sends continuously until the socket has closed, or the peer's stream has ended. */
async function flood({ socket, received: heard }: Peer, until: "end" | "close"): Promise<void> {
  const over = { yet: false };
  const stop = (): void => {
    over.yet = true;
  };
  if (until === "end") void heard.then(stop);
  socket.once("close", stop);
  const piece = Buffer.alloc(65_536);
  while (!over.yet) {
    if (!socket.write(piece)) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

async function startServer(seen: Seen, lingerTimeoutMs: number): Promise<Server> {
  return serve({ lingerTimeoutMs, onEvent: seen.onEvent }, async (client) => {
    await client.read();
    await client.write(reply);
    // The handler returns, and the server closes the connection.
  });
}

test(
  "F23: a peer that sends until it has our reply receives all of it and a clean close",
  unless(),
  async (t) => {
    const seen = new Seen();
    const server = await startServer(seen, 5_000);
    t.after(() => server.close({ drainMs: 0 }));
    for (let i = 1; i <= 20; i++) {
      const peer = await connectPeer(t, server.address);
      await flood(peer, "end");
      assert.deepEqual(await peer.received, { text: reply, end: "fin" });
      const { closeInfo } = (await seen.first(i, "closed"))[i - 1] ?? {};
      assert.deepEqual([closeInfo?.how, closeInfo?.by, closeInfo?.bytesSent], ["fin", "us", reply.length]);
      assert.ok((closeInfo?.bytesReceived ?? 0) > 65_536, "what came after the reply is counted");
    }
  },
);

test(
  "F23: a peer that never stops sending receives our reply, and is reset after the linger time",
  unless(),
  async (t) => {
    const seen = new Seen();
    const server = await startServer(seen, 200);
    t.after(() => server.close({ drainMs: 0 }));
    const peer = await connectPeer(t, server.address);
    const flooding = flood(peer, "close");
    assert.deepEqual(await peer.received, { text: reply, end: "fin" });
    const [closed] = await seen.first(1, "closed");
    const [finSent] = seen.all("finSent");
    const lingeredMs = (closed?.atMs ?? 0) - (finSent?.atMs ?? 0);
    assert.ok(lingeredMs >= 199, `only ${lingeredMs} ms`);
    assert.equal(closed?.closeInfo.bytesSent, reply.length);
    await flooding;
  },
);

test("F23: refused clients that have sent data receive the reason", unless(), async (t) => {
  const refusal = "there are too many\n";
  const seen = new Seen();
  const server = await serve(
    { connectionsMax: 1, refusal, onEvent: seen.onEvent },
    () => new Promise<void>(() => {}),
  );
  t.after(() => server.close({ drainMs: 0 }));
  await connectPeer(t, server.address);
  await seen.first(1, "opened");
  // The clients wait in the kernel's queue until all their data has arrived unread.
  server.pause();
  const target = formatAddress(server.address);
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(target)));
  for (const client of clients) await client.write(new Uint8Array(65_536));
  await Promise.all(clients.map((client) => client.flush()));
  server.resume();
  for (const client of clients) {
    assert.equal(await client.readLine(), refusal.trim());
    assert.equal(await client.read(), null, "and then the end, not a reset");
    assert.equal((await client.close()).how, "fin");
  }
  assert.equal(seen.all("refused").length, clients.length);
});
