/** Bytes that wait to be sent: their order, the owner of their memory, and their cost. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../../src/base/bytes.ts";
import { SendBuffer, type Batch } from "../../../src/net/connection/send-buffer.ts";

/** Takes bytes whose memory still exists. */
function taking(buffer: SendBuffer, count: number): Batch {
  const batch = buffer.take(count);
  assert.ok(batch !== undefined);
  return batch;
}

/** Takes everything, in parts of limited size. */
function takeAll(
  buffer: SendBuffer,
  partBytes: number,
): { readonly bytes: Uint8Array; readonly pieces: number } {
  const pieces: Uint8Array[] = [];
  while (buffer.length > 0) pieces.push(...taking(buffer, Math.min(partBytes, buffer.length)).pieces);
  return { bytes: concatBytes(pieces), pieces: pieces.length };
}

describe("a send buffer", () => {
  test("gives back every byte in order, whatever is pushed and taken, and owns what it says it owns", () => {
    const step = fc.oneof(
      fc.record({ push: fc.oneof(fc.nat(30), fc.nat(5_000), fc.nat(70_000)), copied: fc.boolean() }),
      fc.record({ take: fc.nat(100_000) }),
      fc.record({ own: fc.nat(100_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffer = new SendBuffer();
        const pushed: Uint8Array[] = [];
        const taken: Uint8Array[] = [];
        /** The writers' memory, its end in the stream, and whether the writer has it back. */
        const views: { readonly bytes: Uint8Array; readonly end: number }[] = [];
        let written = 0;
        let sent = 0;
        for (const one of steps) {
          if ("push" in one) {
            const bytes = new Uint8Array(one.push);
            for (let index = 0; index < bytes.length; index++) bytes[index] = (written + index) % 251;
            pushed.push(new Uint8Array(bytes));
            written += bytes.length;
            buffer.push(bytes, one.copied);
            if (one.copied) bytes.fill(0xff);
            else views.push({ bytes, end: written });
          } else if ("take" in one) {
            const count = Math.min(one.take, buffer.length);
            const { pieces } = taking(buffer, count);
            taken.push(concatBytes(pieces));
            sent += count;
          } else {
            const count = Math.min(one.own, buffer.length);
            buffer.own(count);
            for (const { bytes, end } of views) if (end <= sent + count) bytes.fill(0xff);
          }
          assert.equal(buffer.length, written - sent);
        }
        taken.push(takeAll(buffer, 10_000).bytes);
        assert.equal(Buffer.compare(concatBytes(taken), concatBytes(pushed)), 0);
      }),
      { numRuns: 200 },
    );
  });

  test("says of what it hands out whether any of it is the writer's memory", () => {
    const buffer = new SendBuffer();
    buffer.push(new Uint8Array(10_000), false);
    buffer.push(new Uint8Array(10), false);
    assert.equal(taking(buffer, 4_000).owned, false);
    assert.equal(taking(buffer, 6_000).owned, false);
    assert.equal(taking(buffer, 10).owned, true);
    buffer.push(new Uint8Array(10_000), false);
    buffer.own(1);
    assert.equal(taking(buffer, 10_000).owned, true);
  });

  test("keeps a hundred thousand single bytes in a few pieces", () => {
    const buffer = new SendBuffer();
    for (let count = 0; count < 100_000; count++) buffer.push(Uint8Array.of(count % 251), false);
    const { bytes, pieces } = takeAll(buffer, Infinity);
    assert.ok(pieces < 10, String(pieces));
    assert.ok(bytes.every((byte, index) => byte === index % 251));
  });

  test("packs small pieces between large ones into shared blocks", () => {
    const buffer = new SendBuffer();
    for (let count = 0; count < 100; count++) {
      buffer.push(new Uint8Array(4_096), false);
      buffer.push(Uint8Array.of(1), false);
    }
    const small = taking(buffer, buffer.length).pieces.filter(({ length }) => length === 1);
    assert.equal(small.length, 100);
    assert.equal(new Set(small.map((piece) => piece.buffer)).size, 1);
  });

  test("takes nothing, and says so, where memory was transferred to another owner", () => {
    const buffer = new SendBuffer();
    buffer.push(new Uint8Array(10_000), false);
    const transferred = new Uint8Array(10_000);
    buffer.push(transferred, false);
    structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
    assert.equal(buffer.take(20_000), undefined);
    assert.equal(buffer.own(20_000), false);
    assert.equal(buffer.length, 20_000);
    assert.equal(taking(buffer, 10_000).pieces[0]?.length, 10_000);
    assert.equal(buffer.take(1), undefined);
  });
});
