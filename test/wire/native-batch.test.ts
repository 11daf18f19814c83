/**
 * Sends during a batch of the native engine are performed at its end, with few system calls. Byte counts and the end
 * of a wire are the same as without batches.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { tcpAddress } from "../../src/base/address/address.ts";
import { concatBytes } from "../../src/base/bytes.ts";
import { chooseEngine, whyNoEpoll, whyNoUring } from "../../src/wire/index.ts";
import { connectThrough, listen, pattern } from "../contract/wire-pair.ts";
import type { WireRecorder } from "../support/wire-recorder.ts";

const endpoint = tcpAddress("127.0.0.1", 0);

for (const [name, whyNot] of [
  ["epoll", whyNoEpoll()],
  ["io_uring", whyNoUring()],
] as const) {
  describe(`a batch of the ${name} engine`, { skip: whyNot, timeout: 60_000 }, () => {
    const engine = (): ReturnType<typeof chooseEngine> => chooseEngine(name);

    /** A server's wire in whose first batch `during` runs, and its client. `filled` counts calls of that event. */
    async function inBatch(
      t: TestContext,
      during: (server: WireRecorder) => void,
    ): Promise<{ client: WireRecorder; server: WireRecorder; filled: () => number }> {
      const door = await listen(t, engine(), endpoint);
      const [client, server] = await connectThrough(t, engine(), door);
      let filled = 0;
      const reported = new Promise<void>((resolve) => {
        server.onBytes = () => {
          server.onBytes = undefined;
          during(server);
          resolve();
        };
      });
      Object.assign(server, { filled: () => filled++ });
      server.start();
      client.wire.write(Uint8Array.of(1));
      await reported;
      return { client, server, filled: () => filled };
    }

    test("many small sends arrive whole and in order, however they were given", async (t) => {
      const sent: Uint8Array[] = [];
      const { client } = await inBatch(t, ({ wire }) => {
        for (let round = 0; round < 3000; round++) {
          const bytes = pattern(1 + (round % 97), round);
          // The wire has copied the bytes.
          const given = new Uint8Array(bytes);
          assert.ok(round % 3 === 0 ? wire.writeAll([given, new Uint8Array(0)]) : wire.write(given));
          given.fill(0);
          sent.push(bytes);
        }
      });
      const whole = concatBytes(sent);
      client.start();
      await client.untilReceived(whole.length);
      assert.deepEqual(client.received, whole);
    });

    test("a large send stands behind the small ones before it", async (t) => {
      const pieces = [pattern(10, 1), pattern(100_000, 2), pattern(20, 3), pattern(30_000, 4), pattern(5, 5)];
      const { client } = await inBatch(t, ({ wire }) => {
        for (const piece of pieces) wire.write(piece);
      });
      const whole = concatBytes(pieces);
      client.start();
      await client.untilReceived(whole.length);
      assert.deepEqual(client.received, whole);
    });

    test("what goes beyond the kernel's room is kept, counted, and told as full", async (t) => {
      let sent = 0;
      const { client, server, filled } = await inBatch(t, ({ wire }) => {
        const piece = new Uint8Array(1000);
        do sent += piece.length;
        while (wire.write(piece));
      });
      assert.ok(server.wire.pendingBytes > 0 && server.wire.pendingBytes <= sent);
      assert.ok(filled() > 0);
      client.start();
      await client.untilReceived(sent);
      await server.until(() => server.drainedCount === 1);
      assert.equal(server.wire.pendingBytes, 0);
      assert.equal(client.bytesReceived, sent);
    });

    test("an incomplete deferred send is reported as full, although every write was taken", async (t) => {
      const taken: boolean[] = [];
      const { client, server, filled } = await inBatch(t, ({ wire }) => {
        // Almost full, and then a little more than there is room for.
        while (wire.write(new Uint8Array(65_536)));
      });
      client.start();
      await server.until(() => server.drainedCount === 1);
      const before = filled();
      client.wire.pause();
      const sent = client.bytesReceived;
      let more = 0;
      server.onBytes = () => {
        for (let count = 0; count < 60; count++) {
          const piece = new Uint8Array(1000);
          taken.push(server.wire.write(piece));
          more += piece.length;
        }
      };
      while (filled() === before) {
        const seen = server.bytesReceived;
        client.wire.write(Uint8Array.of(1));
        await server.untilReceived(seen + 1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      server.onBytes = undefined;
      assert.ok(taken.every(Boolean));
      assert.ok(server.wire.pendingBytes > 0);
      client.wire.resume();
      await server.until(() => server.drainedCount === 2);
      await client.untilReceived(sent + more);
    });

    test("a view of it goes back without a copy, and those of others stay as they are", async (t) => {
      const door = await listen(t, engine(), endpoint);
      const pairs = await Promise.all(Array.from({ length: 30 }, () => connectThrough(t, engine(), door)));
      for (const [client, server] of pairs) {
        client.start();
        server.onBytes = (view) => {
          server.wire.write(view);
          server.wire.write(view.subarray(0, 3));
        };
        server.start();
      }
      const messages = pairs.map((_, index) => pattern(200 + index, index + 1));
      pairs.forEach(([client], index) => client.wire.write(messages[index] as Uint8Array));
      for (const [index, [client]] of pairs.entries()) {
        const message = messages[index] as Uint8Array;
        await client.untilReceived(message.length + 3);
        assert.deepEqual(client.received, concatBytes([message, message.subarray(0, 3)]));
      }
    });

    for (const way of ["end", "close"] as const) {
      test(`${way}() stands behind what was sent before it`, async (t) => {
        const { client } = await inBatch(t, ({ wire }) => {
          wire.write(pattern(500, 9));
          wire.write(pattern(600, 10));
          wire[way]();
        });
        client.start();
        await client.untilEnded();
        assert.deepEqual(client.received, concatBytes([pattern(500, 9), pattern(600, 10)]));
      });
    }

    test("pendingBytes leaves out what was sent", async (t) => {
      let pending = -1;
      await inBatch(t, ({ wire }) => {
        wire.write(pattern(500));
        pending = wire.pendingBytes;
      });
      assert.equal(pending, 0);
    });
  });
}
