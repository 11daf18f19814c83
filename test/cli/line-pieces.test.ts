import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { limits } from "../../src/base/limits.ts";
import { linePieces } from "../../src/cli/line-pieces.ts";

/** What is shown of a stream that comes in chunks of so many bytes. */
function shown(stream: Buffer, chunkBytes: number): string[] {
  const queue = new ByteQueue();
  const decoder = linePieces.decoder();
  const lines: Uint8Array[] = [];
  for (let start = 0; start < stream.length; start += chunkBytes) {
    queue.push(stream.subarray(start, start + chunkBytes));
    for (let line = decoder.decode(queue); line !== undefined; line = decoder.decode(queue)) lines.push(line);
  }
  const last = decoder.end(queue);
  if (last !== undefined) lines.push(last);
  return lines.map((line) => Buffer.from(line).toString("latin1"));
}

const max = limits.lineBytesMax.value;

test("F64: a line is shown as the bytes it is, without its ending, however it is cut", () => {
  const stream = Buffer.from("a\xffb\n\n\0\r\nc\rd\nlast", "latin1");
  for (const chunkBytes of [1, 2, 3, stream.length]) {
    assert.deepEqual(shown(stream, chunkBytes), ["a\xffb", "", "\0", "c\rd", "last"]);
  }
});

test("F8: a line that is too long is shown in pieces, and none of it is lost", () => {
  const stream = Buffer.from(`${"x".repeat(2 * max + 5)}\nafter\n`);
  for (const chunkBytes of [1, 1_000, stream.length]) {
    const lines = shown(stream, chunkBytes);
    assert.equal(lines.at(-1), "after");
    assert.equal(lines.slice(0, -1).join(""), "x".repeat(2 * max + 5));
    assert.ok(lines.every((line) => line.length <= max));
  }
});
