import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { raw } from "../../src/codec/index.ts";
import { bytesOf } from "../../src/testing/cuts.ts";

test("hands on the very chunk that came, without a copy", () => {
  const queue = new ByteQueue();
  const chunk = bytesOf("any\r\nbytes\0");
  queue.push(chunk);
  assert.equal(raw().decoder().decode(queue)?.buffer, chunk.buffer);
});

test("waits for bytes: no message is empty", () => {
  assert.equal(raw().decoder().decode(new ByteQueue()), undefined);
});

test("sends bytes as they are and text as UTF-8", () => {
  const bytes = bytesOf("x");
  assert.equal(raw().encode(bytes), bytes);
  assert.deepEqual(raw().encode("é"), Uint8Array.of(0xc3, 0xa9));
});

test("refuses to send what is neither text nor bytes", () => {
  assert.throws(() => raw().encode(5 as unknown as string), {
    name: "TypeError",
    message: "raw: message: 5 is neither a Uint8Array nor a string",
  });
  assert.throws(() => raw().encode(new ArrayBuffer(1) as unknown as string), /: an ArrayBuffer is neither/);
});
