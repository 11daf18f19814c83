/** F9: clients that send single bytes now and then, so that no idle timeout fires. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, serve } from "../../src/index.ts";
import { socketEngines } from "../support/native-engines.ts";
import { unless } from "./support/needs.ts";
import { connectPeer, type Peer } from "./support/peer.ts";
import { Seen } from "./support/seen.ts";

const drips = 50;

/** Sends a byte at a time, until the connection closes. */
function drip(peer: Peer, everyMs: number): void {
  const timer = setInterval(() => peer.socket.write("x"), everyMs);
  void peer.received.then(() => clearInterval(timer));
}

for (const { name: engine, whyNot } of socketEngines) {
  test(
    `F9: a message that arrives slowly is ended by its own timeout, without effect on others, on ${engine}`,
    unless(whyNot),
    async (t) => {
      const seen = new Seen();
      const server = await serve(
        {
          engine,
          codec: lines(),
          idleTimeoutMs: 2_000,
          firstByteTimeoutMs: 2_000,
          messageTimeoutMs: 300,
          onEvent: seen.onEvent,
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
      const dripping = Promise.all(peers.map((peer) => peer.received));
      const over = { yet: false };
      void dripping.then(() => {
        over.yet = true;
      });
      for (talk(); !over.yet; talk()) await honest.receives(`you said line ${answers}\n`);

      const heard = await dripping;
      assert.deepEqual(new Set(heard.map(({ text }) => text)), new Set([""]));
      const closed = await seen.first(drips, "closed");
      assert.equal(server.stats.connections, 1, "only the honest client is left");
      for (const { closeInfo } of closed) {
        const { how, by, error, bytesReceived, durationMs } = closeInfo;
        assert.deepEqual(
          [how, by, error?.code, error?.option],
          ["timeout", "us", "ERR_MESSAGE_TIMEOUT", "messageTimeoutMs"],
        );
        assert.match(
          error?.message ?? "",
          /^receive 127\.0\.0\.1:\d+: a message was incomplete after 300 ms \(messageTimeoutMs\)$/,
        );
        assert.ok(bytesReceived > 1, "it had not stopped");
        assert.ok(durationMs >= 299, `cut after ${durationMs} ms, too early`);
      }
    },
  );

  test(
    `F9: a client that sends nothing at all is cut off by the deadline of its first byte, on ${engine}`,
    unless(whyNot),
    async (t) => {
      const seen = new Seen();
      const server = await serve(
        { engine, firstByteTimeoutMs: 200, idleTimeoutMs: 60_000, onEvent: seen.onEvent },
        { bytes: (client, view) => void client.write(view) },
      );
      t.after(() => server.close({ drainMs: 0 }));
      const speaker = await connectPeer(t, server.address);
      speaker.socket.write("x");
      await speaker.receives("x");
      await Promise.all(Array.from({ length: drips }, () => connectPeer(t, server.address)));
      for (const { closeInfo } of await seen.first(drips, "closed")) {
        assert.deepEqual([closeInfo.how, closeInfo.error?.code], ["timeout", "ERR_FIRST_BYTE_TIMEOUT"]);
        assert.match(
          closeInfo.error?.message ?? "",
          /: the peer sent nothing in its first 200 ms \(firstByteTimeoutMs\)$/,
        );
      }
      speaker.socket.write("y");
      await speaker.receives("y");
      assert.equal(server.stats.connections, 1, "a client that has sent data has the idle timeout");
    },
  );
}
