/** F20, F21: one side has ended and the other has not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { connect, serve } from "../../src/index.ts";
import { notLinux, unless } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { Seen } from "./support/seen.ts";

/** Longer than all buffers between the two ends. */
const reply = "the whole of a long reply\n".repeat(100_000);

test("F20: a client that ends its side first gets the whole reply", unless(), async (t) => {
  const seen = new Seen();
  const server = await serve({ onEvent: seen.onEvent }, async (client) => {
    let question = "";
    for await (const chunk of client) question += Buffer.from(chunk).toString();
    await client.write(`${question}: ${reply}`);
  });
  t.after(() => server.close({ drainMs: 0 }));

  await t.test("a bare socket", async () => {
    const peer = await connectPeer(t, server.address);
    peer.socket.end("question");
    assert.deepEqual(await peer.received, { text: `question: ${reply}`, end: "fin" });
  });

  await t.test("our own connection", async () => {
    const { address } = server;
    assert.ok(address.family === 4);
    const connection = await connect(`${address.host}:${address.port}`);
    await connection.write("question");
    await connection.end();
    let text = "";
    for await (const chunk of connection) text += Buffer.from(chunk).toString();
    assert.equal(text, `question: ${reply}`);
    await connection.close();
    assert.equal((await connection.closed).how, "fin");
  });

  for (const { closeInfo } of await seen.first(2, "closed")) {
    assert.deepEqual([closeInfo.how, closeInfo.by, closeInfo.error], ["fin", "peer", undefined]);
    assert.equal(closeInfo.bytesSent, "question: ".length + reply.length);
  }
});

test("F20: a server that sends FIN first receives the rest", unless(), async (t) => {
  let heard = "";
  const seen = new Seen();
  const server = await serve({ onEvent: seen.onEvent }, async (client) => {
    await client.write("that is all\n");
    await client.end();
    for await (const chunk of client) heard += Buffer.from(chunk).toString();
  });
  t.after(() => server.close({ drainMs: 0 }));
  const peer = await connectPeer(t, server.address);
  assert.deepEqual(await peer.received, { text: "that is all\n", end: "fin" });
  peer.socket.end(reply);
  const [closed] = await seen.first(1, "closed");
  assert.equal(heard, reply);
  assert.deepEqual([closed?.closeInfo.how, closed?.closeInfo.by], ["fin", "us"]);
});

const clients = 1_000;

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

for (const { name, handler } of [
  {
    name: "a raw handler that forgets to end",
    handler: { bytes() {}, ended() {} },
  },
  {
    name: "a handler that waits for something else",
    handler: () => new Promise<void>(() => {}),
  },
]) {
  test(
    `F21: ${clients} clients have ended and gone; ${name} does not keep them`,
    unless(notLinux),
    async (t) => {
      const seen = new Seen();
      const options = { halfCloseTimeoutMs: 200, onEvent: seen.onEvent };
      const server = await (typeof handler === "function"
        ? serve(options, handler)
        : serve(options, handler));
      t.after(() => server.close({ drainMs: 0 }));
      const before = descriptors();
      const gone: Promise<unknown>[] = [];
      for (let i = 0; i < clients; i += 100) {
        const peers = await Promise.all(Array.from({ length: 100 }, () => connectPeer(t, server.address)));
        for (const { socket } of peers) {
          socket.end("bye");
          gone.push(once(socket, "close"));
        }
      }

      const closed = await seen.first(clients, "closed");
      assert.equal(server.stats.connections, 0);
      for (const { closeInfo } of closed) {
        assert.deepEqual(
          [closeInfo.how, closeInfo.by, closeInfo.error?.code, closeInfo.error?.option],
          ["timeout", "us", "ERR_HALF_CLOSE_TIMEOUT", "halfCloseTimeoutMs"],
        );
      }
      assert.match(
        closed[0]?.closeInfo.error?.message ?? "",
        /^receive 127\.0\.0\.1:\d+: one direction has ended and nothing moved in the other for 200 ms \(halfCloseTimeoutMs\)$/,
      );
      await Promise.all(gone);
      assert.equal(descriptors(), before);
    },
  );
}
