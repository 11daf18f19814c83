import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { fixed } from "../../src/codec/index.ts";
import { bytesOf, decodeAll } from "../../src/testing/cuts.ts";

test("F36: a message cut short says how many bytes are missing", () => {
  for (let came = 1; came < 200; came++) {
    assert.deepEqual(decodeAll(fixed(200), [new Uint8Array(200), new Uint8Array(came)]), {
      received: [new Uint8Array(200)],
      error: {
        kind: "truncated",
        message: `the peer ended after ${came} of the 200 bytes of a message`,
        missingBytes: 200 - came,
        option: undefined,
      },
    });
  }
});

test("gives a view where a message lies in one chunk", () => {
  const queue = new ByteQueue();
  const chunk = bytesOf("123456");
  queue.push(chunk);
  const message = fixed(4).decoder().decode(queue);
  assert.deepEqual(message, bytesOf("1234"));
  assert.equal(message?.buffer, chunk.buffer);
});

test("refuses to send any other size", () => {
  assert.deepEqual(fixed(2).encode("é"), bytesOf("é"));
  assert.throws(() => fixed(2).encode("abc"), {
    name: "TypeError",
    message: "fixed: a message of 3 bytes, where each has 2",
  });
  assert.throws(() => fixed(2).encode([1, 2] as unknown as string), /: an Array is neither/);
});

test("refuses a size that is none", () => {
  for (const bytes of [0, -1, 1.5, Infinity, NaN, "4" as unknown as number]) {
    assert.throws(() => fixed(bytes), /^TypeError: fixed: bytes: .* is not a whole number of 1 or more$/);
  }
});
