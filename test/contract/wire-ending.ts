/**
 * The wire contract, second part: each direction ends by itself, a wire closes once, and data that the peer sent
 * before is delivered first.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WireError } from "../../src/wire/index.ts";
import type { WireRecorder } from "../support/wire-recorder.ts";
import { assertSameBytes, engineHasTurned, hasReset, join, pattern, type WireRow } from "./wire-pair.ts";

export function testEnding(row: WireRow): void {
  describe("half-close", () => {
    for (const [name, first, second] of [
      ["the client ends first", "client", "server"],
      ["the server ends first", "server", "client"],
    ] as const) {
      test(`F20: an end that has sent FIN still receives: ${name}`, async (t) => {
        const pair = await join(t, row);
        const [done, going] = [pair[first], pair[second]];
        done.wire.end();
        await going.untilEnded();
        const answer = pattern(300_000);
        await going.send(answer);
        await done.untilReceived(answer.length);
        assertSameBytes(done.received, answer);
        assert.ok(!done.hasClosed && !going.hasClosed);
        going.wire.end();
        assert.deepEqual(await Promise.all([done.closing, going.closing]), [undefined, undefined]);
        assert.deepEqual(done.reported, ["bytes", "ended", "closed"]);
        assert.deepEqual(
          going.reported.filter((what) => what !== "drained"),
          ["ended", "closed"],
        );
      });
    }

    test("F22: both may end at the same time", async (t) => {
      const { client, server } = await join(t, row);
      client.wire.end();
      server.wire.end();
      assert.deepEqual(await Promise.all([client.closing, server.closing]), [undefined, undefined]);
      assert.deepEqual(client.reported, ["ended", "closed"]);
      assert.deepEqual(server.reported, ["ended", "closed"]);
    });

    test("the end stands behind everything written, also when that was more than the kernel took", async (t) => {
      const { client, server } = await join(t, row, { started: false });
      client.start();
      const bytes = client.fill(new Uint8Array(65_536));
      client.wire.end();
      server.start();
      await server.untilEnded();
      assert.equal(server.bytesReceived, bytes);
      server.wire.end();
      assert.equal(await client.closing, undefined);
    });
  });

  test("of a wire that is over, or over no TCP, nothing is known to the kernel", async (t) => {
    const { client, server } = await join(t, row);
    if (row.address().family === "unix") assert.equal(client.wire.tcpInfo(), undefined);
    client.wire.close();
    assert.equal(client.wire.tcpInfo(), undefined);
    await Promise.all([client.closing, server.untilEnded()]);
    assert.equal(client.wire.tcpInfo(), undefined);
  });

  describe("abort", () => {
    test("the peer sees a reset, the wire itself closes without an error", async (t) => {
      const { client, server } = await join(t, row);
      await exchange(client, server);
      server.abort();
      assert.equal(await server.closing, undefined);
      const error = await peersEnd(client);
      assertReset(row, client, error);
      if (hasReset(row)) assert.equal(error?.during, "receive");
    });

    test("a peer that has sent FIN sees it too", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      client.wire.end();
      await server.untilEnded();
      server.abort();
      const [error] = await Promise.all([peersEnd(client), server.closing]);
      assertReset(row, client, error);
    });

    test("works in the very moment of end()", async (t) => {
      const { client, server } = await join(t, row);
      await exchange(client, server);
      server.wire.end();
      server.abort();
      await Promise.all([server.closing, peersEnd(client)]);
    });

    test("works with bytes pending, and these stay counted as pending", async (t) => {
      const { client, server } = await join(t, row, { started: false });
      server.start();
      const bytes = server.fill(new Uint8Array(65_536));
      const pending = server.wire.pendingBytes;
      server.abort();
      assert.equal(await server.closing, undefined);
      assert.equal(server.wire.pendingBytes, pending);
      client.start();
      await peersEnd(client);
      assert.ok(client.bytesReceived <= bytes - pending);
    });

    test("works before the wire is started", async (t) => {
      const { client, server } = await join(t, row, { started: false });
      server.abort();
      server.start();
      assert.equal(await server.closing, undefined);
      assert.deepEqual(server.reported, ["closed"]);
      client.start();
      await peersEnd(client);
    });

    test("is delivered to a wire that is started after the end", async (t) => {
      const pair = await join(t, row, { started: false });
      const { client, server } = pair;
      server.abort();
      await engineHasTurned(t, pair);
      server.start();
      assert.equal(await server.closing, undefined);
      assert.deepEqual(server.reported, ["closed"]);
      client.start();
      await peersEnd(client);
    });

    test("F37: harms nothing when it is over already", async (t) => {
      const { client, server } = await join(t, row);
      client.close();
      await client.closing;
      client.abort();
      client.abort();
      client.close();
      client.wire.end();
      client.wire.pause();
      client.wire.resume();
      await peersEnd(server);
    });
  });

  describe("data before reset", () => {
    const words = pattern(2000, 7);

    test("F19: data before the peer's reset is delivered before the error", async (t) => {
      const { client, server } = await join(t, row);
      await exchange(client, server);
      server.wire.write(words);
      server.abort();
      const error = await peersEnd(client);
      assertSameBytes(client.received.subarray(-words.length), words);
      assertReset(row, client, error);
    });

    for (const writes of [1, 2, 20]) {
      test(`F19: also to a wire that was writing, with ${writes} writes that fail`, async (t) => {
        const { client, server } = await join(t, row);
        await exchange(client, server);
        server.wire.write(words);
        server.abort();
        for (let count = 0; count < writes; count++) {
          if (!client.wire.write(pattern(100))) break;
        }
        const error = await peersEnd(client);
        assertSameBytes(client.received.subarray(-words.length), words);
        assertReset(row, client, error);
      });
    }

    test("F19: also to a wire with a full queue, 20 times of 20", async (t) => {
      for (let round = 0; round < 20; round++) {
        const { client, server } = await join(t, row, { started: false });
        client.start();
        client.fill(new Uint8Array(65_536));
        server.start();
        server.wire.pause();
        server.wire.write(words);
        server.abort();
        const error = await peersEnd(client);
        assertSameBytes(client.received, words);
        assertReset(row, client, error);
      }
    });

    test("F19: also to a wire that was paused and writing", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      await exchange(client, server);
      client.wire.pause();
      server.wire.write(words);
      server.abort();
      client.wire.write(pattern(100));
      await engineHasTurned(t, pair);
      client.wire.resume();
      assertReset(row, client, await peersEnd(client));
      assertSameBytes(client.received.subarray(-words.length), words);
    });

    test("F19: also to a paused wire with data waiting", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      await exchange(client, server);
      client.wire.pause();
      server.wire.write(words);
      await engineHasTurned(t, pair);
      server.wire.write(words);
      server.abort();
      await engineHasTurned(t, pair);
      client.wire.resume();
      assertReset(row, client, await peersEnd(client));
      assertSameBytes(client.received.subarray(-words.length), words);
      assert.equal(client.bytesReceived, 1 + 2 * words.length);
    });

    test("F18: a reset in the middle of a transfer ends both sides, and no byte is invented", async (t) => {
      const { client, server } = await join(t, row);
      const data = pattern(1_000_000);
      server.onBytes = () => {
        if (server.bytesReceived > 500_000) server.wire.abort();
      };
      const sending = (async () => {
        while (!client.hasClosed && !client.hasEnded) await client.send(data, 20_000);
      })();
      const error = await peersEnd(client);
      await sending.catch(() => undefined);
      await server.closing;
      assertSameBytes(server.received, data.subarray(0, server.bytesReceived));
      assert.ok(error !== undefined);
    });
  });

  describe("a reset while paused", () => {
    test("is reported at the latest when the wire is resumed", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      await exchange(client, server);
      client.wire.pause();
      server.abort();
      await engineHasTurned(t, pair);
      client.wire.resume();
      assertReset(row, client, await peersEnd(client));
    });

    test("is reported at once to a full wire that waits for room before it reads on", async (t) => {
      const { client, server } = await join(t, row, { started: false });
      const words = pattern(2000, 7);
      client.start();
      client.wire.pause();
      client.fill(new Uint8Array(65_536));
      server.wire.write(words);
      server.abort();
      assertReset(row, client, await peersEnd(client));
      if (hasReset(row)) assertSameBytes(client.received, words);
    });

    for (const way of ["close", "abort"] as const) {
      test(`does not keep the wire from being let go by ${way}(), with bytes unread`, async (t) => {
        const pair = await join(t, row);
        const { client, server } = pair;
        await exchange(client, server);
        client.wire.pause();
        server.wire.write(pattern(1000));
        server.abort();
        await engineHasTurned(t, pair);
        if (!client.hasClosed) client[way]();
        await client.closing;
      });
    }
  });

  describe("close", () => {
    test("sends FIN when nothing is unread or unsent", async (t) => {
      const { client, server } = await join(t, row);
      await exchange(client, server);
      client.close();
      assert.equal(await client.closing, undefined);
      await server.untilEnded();
      server.wire.end();
      assert.equal(await server.closing, undefined);
    });

    test("after end() it adds nothing to that", async (t) => {
      const { client, server } = await join(t, row);
      await exchange(client, server);
      client.wire.write(pattern(10));
      client.wire.end();
      await server.untilEnded();
      client.close();
      assert.equal(await client.closing, undefined);
      assert.equal(server.bytesReceived, 11);
    });

    test("resets a peer whose bytes were left unread", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      await exchange(client, server);
      client.wire.pause();
      await server.send(pattern(1000));
      await engineHasTurned(t, pair);
      client.close();
      assert.equal(await client.closing, undefined);
      assertReset(row, server, await peersEnd(server));
    });

    test("resets a peer to whom not everything was sent: half a message is not an end", async (t) => {
      const { client, server } = await join(t, row, { started: false });
      client.start();
      client.fill(new Uint8Array(65_536));
      client.close();
      assert.equal(await client.closing, undefined);
      server.start();
      assertReset(row, server, await peersEnd(server));
    });

    test("is final: no received byte is delivered after it", async (t) => {
      const pair = await join(t, row);
      const { client, server } = pair;
      client.wire.pause();
      await server.send(pattern(1000));
      await engineHasTurned(t, pair);
      const reported = client.reported.length;
      client.close();
      await client.closing;
      assert.deepEqual(client.reported.slice(reported), ["closed"]);
    });

    test("may come in the middle of bytes", async (t) => {
      const { client, server } = await join(t, row);
      server.onBytes = () => {
        server.wire.close();
      };
      await client.send(pattern(10));
      assert.equal(await server.closing, undefined);
      assert.deepEqual(server.reported, ["bytes", "closed"]);
      await peersEnd(client);
    });

    test("may come in the middle of ended", async (t) => {
      const { client, server } = await join(t, row);
      server.onEnded = () => {
        server.wire.close();
      };
      client.wire.end();
      assert.deepEqual(await Promise.all([client.closing, server.closing]), [undefined, undefined]);
    });
  });
}

/** Sends a byte each way, so that both ends are established. */
async function exchange(client: WireRecorder, server: WireRecorder): Promise<void> {
  client.wire.write(Uint8Array.of(1));
  await server.untilReceived(1);
  server.wire.write(Uint8Array.of(2));
  await client.untilReceived(1);
}

/** The peer has closed: waits for the error, or for the end (a Unix socket's), and closes. */
async function peersEnd(wire: WireRecorder): Promise<WireError | undefined> {
  await Promise.race([wire.closing, wire.until(() => wire.hasEnded || wire.hasClosed)]);
  if (!wire.hasClosed) wire.close();
  return wire.closing;
}

/** A reset is an error and not an end of stream, whatever precedes it. A Unix socket has no reset (see `hasReset`). */
function assertReset(row: WireRow, wire: WireRecorder, error: WireError | undefined): void {
  if (!hasReset(row)) return;
  assert.match(error?.code ?? "none", /^(ECONNRESET|EPIPE)$/);
  assert.ok(!wire.hasEnded, wire.reported.join(", "));
}
