/** What waits to be sent, on a wire that takes what the test lets it take. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../src/base/bytes.ts";
import { windowBytes, WriteQueue } from "../../src/net/write-queue.ts";
import type { Wire } from "../../src/wire/index.ts";

/** Takes so many bytes, and is full then until it is emptied. */
class NarrowWire implements Pick<Wire, "write" | "writeAll" | "pendingBytes"> {
  pendingBytes = 0;
  room = Infinity;
  readonly calls: number[] = [];
  readonly taken: Uint8Array[] = [];

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    assert.equal(this.pendingBytes, 0, "written to while it is full");
    const bytes = concatBytes(pieces);
    assert.ok(bytes.length > 0);
    this.calls.push(bytes.length);
    // Copied at once: what waits in a wire must not change, what waits in front of it may be a view.
    this.taken.push(new Uint8Array(bytes));
    this.pendingBytes = Math.max(0, bytes.length - this.room);
    this.room -= bytes.length - this.pendingBytes;
    return this.pendingBytes === 0;
  }

  empty(queue: WriteQueue, room = Infinity): void {
    this.pendingBytes = 0;
    this.room = room;
    queue.drained();
  }

  get received(): Uint8Array {
    return concatBytes(this.taken);
  }
}

function queueOn(wire: NarrowWire, given: (bytes: Uint8Array) => void = () => {}): WriteQueue {
  return new WriteQueue(wire as unknown as Wire, { given }, false);
}

describe("a write queue", () => {
  test("hands a write on at once while the wire takes them", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    queue.push(Uint8Array.of(1, 2), false);
    queue.push(Uint8Array.of(3), false);
    assert.deepEqual([...wire.received], [1, 2, 3]);
    assert.deepEqual([queue.pendingBytes, queue.full, queue.isIdle], [0, false, true]);
  });

  test("keeps what comes while the wire is full, and hands it on together", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 1;
    for (const byte of [1, 2, 3, 4]) queue.push(Uint8Array.of(byte, byte), false);
    assert.deepEqual([queue.pendingBytes, queue.full, queue.isIdle], [7, true, false]);
    wire.empty(queue);
    assert.deepEqual(wire.calls, [2, 6]);
    assert.deepEqual([...wire.received], [1, 1, 2, 2, 3, 3, 4, 4]);
    assert.deepEqual([queue.pendingBytes, queue.full, queue.isIdle], [0, false, true]);
  });

  test("copies a borrowed view that has to wait, and no other", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 0;
    queue.push(Uint8Array.of(0), false);
    const borrowed = [Uint8Array.of(1, 1), Buffer.from([2, 2])];
    const own = Uint8Array.of(3, 3);
    for (const view of borrowed) {
      queue.push(view, true);
      view.fill(0xdb);
    }
    queue.push(own, false);
    own.fill(4);
    wire.empty(queue);
    assert.deepEqual([...wire.received], [0, 1, 1, 2, 2, 4, 4]);
  });

  test("hands much on in windows, so that each shows that the peer takes something", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 0;
    queue.push(new Uint8Array(windowBytes * 2 + 10), false);
    assert.deepEqual(wire.calls, [windowBytes]);
    wire.empty(queue, 0);
    assert.deepEqual(wire.calls, [windowBytes, windowBytes]);
    assert.equal(queue.pendingBytes, windowBytes + 10);
    wire.empty(queue);
    assert.deepEqual(wire.calls, [windowBytes, windowBytes, 10]);
  });

  test("forgets what waits, and says how much that was", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 3;
    queue.push(new Uint8Array(10), false);
    queue.push(new Uint8Array(5), false);
    assert.equal(queue.drop(), 12);
    wire.empty(queue);
    assert.deepEqual(wire.calls, [10]);
  });

  test("hands on every byte once, in order, whatever the wire takes, and tells of each as it goes", () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ push: fc.oneof(fc.nat(50), fc.nat(400_000)), borrowed: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ room: fc.nat(500_000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const wire = new NarrowWire();
        const told: number[] = [];
        const queue = queueOn(wire, (bytes) => told.push(bytes.length));
        const pushed: Uint8Array[] = [];
        let next = 0;
        for (const one of steps) {
          if ("push" in one) {
            if (one.push === 0) continue;
            const bytes = new Uint8Array(one.push);
            for (let index = 0; index < bytes.length; index++) bytes[index] = next++ % 251;
            pushed.push(new Uint8Array(bytes));
            queue.push(bytes, one.borrowed);
            if (one.borrowed && queue.full) bytes.fill(0xdb);
          } else {
            wire.empty(queue, one.room);
          }
          const all = pushed.reduce((sum, { length }) => sum + length, 0);
          const given = told.reduce((sum, length) => sum + length, 0);
          assert.equal(given + queue.pendingBytes - wire.pendingBytes, all);
          assert.ok(wire.calls.every((length) => length <= windowBytes));
        }
        wire.empty(queue);
        while (queue.pendingBytes > 0) wire.empty(queue);
        assert.equal(Buffer.compare(wire.received, concatBytes(pushed)), 0);
      }),
      { numRuns: 60 },
    );
  });
});
