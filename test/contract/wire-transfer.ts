/**
 * The wire contract, first part: bytes arrive complete and in order, as fast as they are read.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import type { WireRecorder } from "../support/wire-recorder.ts";
import {
  assertSameBytes,
  connectThrough,
  engineHasTurned,
  join,
  pattern,
  type WireRow,
} from "./wire-pair.ts";

const sizes = [0, 1, 2, 1000, 65_535, 65_536, 65_537, 262_144, 1_000_003, 4 * 1024 * 1024];

export function testTransfer(row: WireRow): void {
  test("emits nothing before or during start", async (t) => {
    const pair = await join(t, row, { started: false });
    const { client, server } = pair;
    client.start();
    await client.send(pattern(100));
    client.wire.end();
    await engineHasTurned(t, pair);
    assert.deepEqual(server.reported, []);
    server.start();
    await server.untilEnded();
    assert.deepEqual(server.reported, ["bytes", "ended"]);
    assertSameBytes(server.received, pattern(100));
  });

  for (const size of sizes) {
    test(`carries ${size} bytes both ways at once, exact and in order`, async (t) => {
      const { client, server } = await join(t, row);
      const there = pattern(size, 3);
      const back = pattern(size, 4);
      const sent = [
        client.send(there, 50_000).then(() => client.wire.end()),
        server.send(back).then(() => server.wire.end()),
      ];
      await Promise.all([...sent, client.closing, server.closing]);
      assertSameBytes(server.received, there);
      assertSameBytes(client.received, back);
    });
  }

  test("carries gathered writes as one, in their order", async (t) => {
    const { client, server } = await join(t, row);
    const rounds = [[1], [0, 1, 2, 3], [10, 70_000, 1, 300_000], Array.from({ length: 2000 }, () => 7)];
    const pieces = rounds.map((lengths, round) =>
      lengths.map((length, index) => pattern(length, round * 9 + index + 1)),
    );
    for (const some of pieces) await client.sendPieces(some);
    const whole = concatBytes(pieces.flat());
    await server.untilReceived(whole.length);
    assertSameBytes(server.received, whole);
  });

  test("reports full, and drained once for each time it was full", async (t) => {
    const pair = await join(t, row, { started: false });
    const { client, server } = pair;
    client.start();
    let bytes = client.fill(new Uint8Array(65_536));
    assert.ok(client.wire.pendingBytes > 0 && client.wire.pendingBytes <= bytes);
    await engineHasTurned(t, pair);
    assert.equal(client.drainedCount, 0, "the server does not read");
    server.start();
    await client.until(() => client.drainedCount === 1);
    assert.equal(client.wire.pendingBytes, 0);
    server.wire.pause();
    bytes += client.fill(new Uint8Array(65_536));
    server.wire.resume();
    await client.until(() => client.drainedCount === 2);
    await server.untilReceived(bytes);
    await engineHasTurned(t, pair);
    assert.equal(client.drainedCount, 2);
    assert.equal(server.bytesReceived, bytes);
  });

  test("reports full after a gathered write too", async (t) => {
    const { client, server } = await join(t, row, { started: false });
    client.start();
    const pieces = [new Uint8Array(65_536), new Uint8Array(1), new Uint8Array(65_536)];
    let bytes = 0;
    let taken = true;
    while (taken) {
      taken = client.wire.writeAll(pieces);
      bytes += 131_073;
    }
    assert.ok(client.wire.pendingBytes > 0 && client.wire.pendingBytes <= bytes);
    server.start();
    await client.until(() => client.drainedCount === 1);
    await server.untilReceived(bytes);
    assert.equal(server.bytesReceived, bytes);
  });

  test("can be written to from within the drained callback", async (t) => {
    const { client, server } = await join(t, row);
    let bytes = 0;
    let rounds = 0;
    client.onDrained = () => {
      if (rounds++ < 5) bytes += client.fill(new Uint8Array(65_536));
    };
    bytes += client.fill(new Uint8Array(65_536));
    await client.until(() => client.drainedCount === 6);
    await server.untilReceived(bytes);
    assert.equal(server.bytesReceived, bytes);
    assert.equal(client.drainedCount, 6);
  });

  test("has no bytes pending that the kernel has taken, in the middle of a write either", async (t) => {
    const pair = await join(t, row);
    const { client, server } = pair;
    assert.equal(client.wire.write(new Uint8Array(16 * 1024 * 1024)), false);
    const pending = client.wire.pendingBytes;
    server.onBytes = () => {
      if (server.bytesReceived > 2_000_000) server.wire.pause();
    };
    await server.untilReceived(2_000_000);
    await engineHasTurned(t, pair);
    assert.equal(client.drainedCount, 0);
    assert.ok(
      client.wire.pendingBytes < pending && client.wire.pendingBytes > 0,
      `${client.wire.pendingBytes} of ${pending}`,
    );
  });

  test("has nothing pending after a write that the kernel took", async (t) => {
    const { client, server } = await join(t, row);
    assert.equal(client.wire.pendingBytes, 0);
    assert.ok(client.wire.write(pattern(10)));
    assert.equal(client.wire.pendingBytes, 0);
    await server.untilReceived(10);
  });

  test("does not keep, nor touch, what it has taken", async (t) => {
    const { client, server } = await join(t, row);
    const expected = pattern(1000);
    for (const given of [new Uint8Array(expected), Buffer.from(expected)]) {
      assert.ok(client.wire.write(given));
      given.fill(0);
    }
    await server.untilReceived(2000);
    assertSameBytes(server.received, concatBytes([expected, expected]));
    const bytes = Buffer.from(expected);
    client.wire.write(bytes);
    client.wire.writeAll([bytes]);
    await server.untilReceived(4000);
    assertSameBytes(bytes, expected);
  });

  test("after keepCopy, what a full wire was given may change; what was taken may anyway", async (t) => {
    const pair = await join(t, row, { started: false });
    const { client, server } = pair;
    client.start();
    if (client.wire.keepCopy === undefined) {
      t.skip("the system has the addresses already");
      return;
    }
    const given: Uint8Array[] = [];
    let written = 0;
    for (let taken = true; taken; written += 100_003) {
      const bytes = pattern(written + 100_003).slice(written);
      given.push(bytes);
      taken = written % 2 === 0 ? client.wire.write(bytes) : client.wire.writeAll([bytes]);
    }
    client.wire.keepCopy();
    for (const bytes of given) bytes.fill(0);
    server.start();
    await server.untilReceived(written);
    assertSameBytes(server.received, pattern(written));
  });

  test("loses nothing when it is paused and resumed all the time", async (t) => {
    const { client, server } = await join(t, row);
    const data = pattern(4_000_000);
    let pauses = 0;
    server.onBytes = () => {
      pauses++;
      server.wire.pause();
      setImmediate(() => {
        server.wire.resume();
      });
    };
    await client.send(data);
    client.wire.end();
    await server.untilEnded();
    assertSameBytes(server.received, data);
    assert.ok(pauses > 10);
  });

  test("goes on sending while it is paused", async (t) => {
    const { client, server } = await join(t, row);
    client.wire.pause();
    server.wire.write(pattern(10));
    const data = pattern(2_000_000);
    await client.send(data);
    await server.untilReceived(data.length);
    assertSameBytes(server.received, data);
    client.wire.resume();
    await client.untilReceived(10);
  });

  test("reports the peer's FIN only after all received data was taken", async (t) => {
    const pair = await join(t, row);
    const { client, server } = pair;
    server.wire.pause();
    await client.send(pattern(1000));
    client.wire.end();
    await engineHasTurned(t, pair);
    assert.ok(!server.hasEnded || server.bytesReceived === 1000);
    server.wire.resume();
    await server.untilEnded();
    assertSameBytes(server.received, pattern(1000));
  });

  test("takes back the view, or a part of it, in the middle of the call", async (t) => {
    const { client, server } = await join(t, row);
    const echo = echoOn(server, server);
    const data = pattern(700_000);
    await client.send(data, 30_000);
    await client.untilReceived(data.length);
    assertSameBytes(client.received, data);
    assert.ok(echo.views > 0);
    server.onBytes = (view) => {
      server.wire.writeAll([view.subarray(1), view.subarray(0, 1)]);
    };
    await client.send(Uint8Array.of(1, 2, 3));
    await client.untilReceived(data.length + 3);
    assert.deepEqual([...client.received.subarray(-3)], [2, 3, 1]);
  });

  test("takes a view that another wire was called with", async (t) => {
    const { engine, door, client, server } = await join(t, row);
    const [sink, far] = await connectThrough(t, engine, door);
    sink.start();
    far.start();
    echoOn(server, far);
    const data = pattern(700_000);
    await client.send(data, 30_000);
    await sink.untilReceived(data.length);
    assertSameBytes(sink.received, data);
  });
}

/** Passes every received view to the other wire at once. What that has no room for is kept as a copy. */
function echoOn(from: WireRecorder, to: WireRecorder): { views: number } {
  const echo = { views: 0 };
  const kept: Uint8Array[] = [];
  let full = false;
  const { onDrained } = to;
  from.onBytes = (view) => {
    if (full) {
      kept.push(new Uint8Array(view));
      return;
    }
    echo.views++;
    full = !to.wire.write(view);
    if (full) from.wire.pause();
  };
  to.onDrained = () => {
    onDrained?.();
    full = false;
    while (!full && kept.length > 0) full = !to.wire.write(kept.shift() as Uint8Array);
    if (!full) from.wire.resume();
  };
  return echo;
}
