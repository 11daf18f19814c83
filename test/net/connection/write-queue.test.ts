/** Bytes queued for sending, on a wire that accepts as much as the test allows. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../../src/base/bytes.ts";
import { windowBytes, WriteQueue } from "../../../src/net/connection/write-queue.ts";
import type { Wire } from "../../../src/wire/index.ts";

/** Accepts a number of bytes, and is full then until it is emptied. It holds views meanwhile, as in an engine. */
class NarrowWire implements Pick<Wire, "write" | "writeAll" | "pendingBytes" | "keepCopy"> {
  pendingBytes = 0;
  room = Infinity;
  readonly calls: number[] = [];
  readonly taken: Uint8Array[] = [];
  #held: Uint8Array[] = [];
  readonly keepCopy: (() => void) | undefined;

  /** @param canCopy whether it can copy the bytes that it holds; the portable engine cannot. */
  constructor(canCopy = true) {
    this.keepCopy = canCopy
      ? () => {
          this.#held = this.#held.map((piece) => new Uint8Array(piece));
        }
      : undefined;
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    assert.equal(this.pendingBytes, 0, "written to while it is full");
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    assert.ok(length > 0);
    this.calls.push(length);
    let left = Math.min(this.room, length);
    this.room -= left;
    this.pendingBytes = length - left;
    for (const piece of pieces) {
      const now = Math.min(left, piece.length);
      left -= now;
      if (now > 0) this.taken.push(new Uint8Array(piece.subarray(0, now)));
      if (now < piece.length) this.#held.push(piece.subarray(now));
    }
    return this.pendingBytes === 0;
  }

  empty(queue: WriteQueue, room = Infinity): void {
    for (const piece of this.#held) this.taken.push(new Uint8Array(piece));
    this.#held = [];
    this.pendingBytes = 0;
    this.room = room;
    queue.drained();
  }

  get received(): Uint8Array {
    return concatBytes(this.taken);
  }
}

function queueOn(wire: NarrowWire, given: (bytes: Uint8Array) => void = () => {}): WriteQueue {
  return new WriteQueue(wire as unknown as Wire, { given, detached: () => assert.fail() }, undefined);
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

  test("keeps writes while the wire is full, and passes them on together", () => {
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

  for (const canCopy of [true, false]) {
    const engine = canCopy ? "an engine that can copy what it holds" : "an engine that cannot";

    test(`with copied set, has no view of what has to wait when push returns, on ${engine}`, () => {
      const wire = new NarrowWire(canCopy);
      const queue = queueOn(wire);
      wire.room = 10;
      for (const length of [5_000, 3, 20_000, 300_000]) {
        const bytes = new Uint8Array(length).fill(length % 251);
        queue.push(bytes, true);
        bytes.fill(0xdb);
      }
      while (queue.pendingBytes > 0) wire.empty(queue);
      assert.ok(!wire.received.includes(0xdb));
      assert.equal(wire.received.length, 325_003);
    });
  }

  test("without it, keeps a view of a large piece, and a copy of a small one", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 0;
    queue.push(Uint8Array.of(0), false);
    const small = Uint8Array.of(1, 1);
    const large = new Uint8Array(5_000).fill(1);
    queue.push(small, false);
    queue.push(large, false);
    small.fill(2);
    large.fill(2);
    wire.empty(queue);
    assert.deepEqual([...wire.received.subarray(0, 3)], [0, 1, 1]);
    assert.ok(wire.received.subarray(3).every((byte) => byte === 2));
  });

  test("owns so many pending bytes: in the wire, in front of others, and no view is left of them", () => {
    const wire = new NarrowWire();
    const queue = queueOn(wire);
    wire.room = 100;
    const pieces = [10_000, 8_000, 9_000].map((length) => new Uint8Array(length).fill(1));
    for (const piece of pieces) queue.push(piece, false);
    assert.equal(queue.own(9_900 + 8_000), true);
    for (const piece of pieces) piece.fill(2);
    while (queue.pendingBytes > 0) wire.empty(queue);
    assert.equal(wire.received.indexOf(2), 18_000);
  });

  test("cannot own bytes that a wire holds without a copy, until they are sent", () => {
    const wire = new NarrowWire(false);
    const queue = queueOn(wire);
    wire.room = 100;
    const pieces = [10_000, 8_000].map((length) => new Uint8Array(length).fill(1));
    for (const piece of pieces) queue.push(piece, false);
    assert.equal(queue.own(1), false);
    wire.empty(queue, 0);
    assert.equal(queue.own(1), false, "a view of the next piece");
    queue.push(Uint8Array.of(1), false);
    wire.empty(queue, 0);
    assert.equal(queue.own(1), true, "what waits was copied when it came");
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
        arbitrary: fc.record({
          push: fc.oneof(fc.nat(50), fc.nat(400_000)),
          memory: fc.constantFrom("kept", "copied", "owned"),
        }),
      },
      { weight: 1, arbitrary: fc.record({ room: fc.nat(500_000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, canCopy) => {
        const wire = new NarrowWire(canCopy);
        const reported: number[] = [];
        const queue = queueOn(wire, (bytes) => reported.push(bytes.length));
        const pushed: Uint8Array[] = [];
        let next = 0;
        for (const one of steps) {
          if ("push" in one) {
            if (one.push === 0) continue;
            const bytes = new Uint8Array(one.push);
            for (let index = 0; index < bytes.length; index++) bytes[index] = next++ % 251;
            pushed.push(new Uint8Array(bytes));
            queue.push(bytes, one.memory === "copied");
            const owned = one.memory === "owned" && queue.own(queue.pendingBytes);
            if (one.memory === "copied" || owned) bytes.fill(0xdb);
          } else {
            wire.empty(queue, one.room);
          }
          const all = pushed.reduce((sum, { length }) => sum + length, 0);
          const given = reported.reduce((sum, length) => sum + length, 0);
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
