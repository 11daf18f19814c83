/**
 * F9: clients who say one byte now and then, so that no idle deadline ever comes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, serve, type Ending } from "../../src/index.ts";
import { connectPeer, type Peer } from "./support/peer.ts";

const drips = 50;

/** Says a byte at a time, until the connection ends. */
function drip(peer: Peer, everyMs: number): void {
  const timer = setInterval(() => peer.socket.write("x"), everyMs);
  void peer.heard.then(() => clearInterval(timer));
}

test("F9: a message that drips in is cut off by its own deadline, and nobody else notices", async (t) => {
  const endings: Ending[] = [];
  const server = await serve(
    {
      codec: lines(),
      idleTimeoutMs: 250,
      firstByteTimeoutMs: 250,
      messageTimeoutMs: 300,
      onEvent(event) {
        if (event.type === "closed") endings.push(event.ending);
      },
    },
    async (client) => {
      for await (const line of client) await client.send(`you said ${line}`);
    },
  );
  t.after(() => server.close({ drainMs: 0 }));

  const peers = await Promise.all(Array.from({ length: drips }, () => connectPeer(t, server.address)));
  for (const peer of peers) drip(peer, 20);
  const honest = await connectPeer(t, server.address);
  let answers = 0;
  const talk = (): void => {
    honest.socket.write(`line ${++answers}\n`);
  };
  let over = false;
  const talking = (async () => {
    for (talk(); !over; talk()) await honest.hears(`you said line ${answers}\n`);
  })();

  const heard = await Promise.all(peers.map((peer) => peer.heard));
  over = true;
  await talking;

  assert.equal(server.stats.connections, 1, "only the honest client is left");
  assert.deepEqual(new Set(heard.map(({ text }) => text)), new Set([""]));
  assert.equal(endings.length, drips);
  for (const { how, by, error, bytesReceived, durationMs } of endings) {
    assert.deepEqual([how, by, error?.code, error?.option], ["timeout", "us", "ERR_MESSAGE_TIMEOUT", "messageTimeoutMs"]);
    assert.match(error?.message ?? "", /^receive 127\.0\.0\.1:\d+: a message was begun and not finished in 300 ms \(messageTimeoutMs\)$/);
    assert.ok(bytesReceived > 3, `${bytesReceived} bytes: the idle deadline alone would have done it`);
    assert.ok(durationMs >= 299, `cut after ${durationMs} ms, too early`);
  }
});

test("F9: a client that says nothing at all is cut off by the deadline of its first byte", async (t) => {
  const server = await serve({ firstByteTimeoutMs: 100, idleTimeoutMs: 60_000 }, { bytes() {} });
  t.after(() => server.close({ drainMs: 0 }));
  const peers = await Promise.all(Array.from({ length: drips }, () => connectPeer(t, server.address)));
  const [speaker] = peers;
  speaker?.socket.write("x");
  await Promise.all(peers.slice(1).map((peer) => peer.heard));
  assert.equal(server.stats.connections, 1, "whoever has spoken has the idle deadline");
});
