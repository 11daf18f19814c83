import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type * as bytes from "../../src/base/bytes.ts";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { concatBytes, decodeText, encodeText, newBytes, noBytes, toBytes } from "../../src/base/bytes.ts";

describe("text", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();

  test("is encoded as TextEncoder does, whatever its length", () => {
    for (const text of ["", "a", "é€😀\0", "\ud800", "x\udc00y", "\ufeff"]) {
      for (const times of [1, 63, 64, 65, 341, 342, 5000]) {
        const long = text.repeat(times);
        assert.deepEqual(encodeText(long), encoder.encode(long));
        assert.deepEqual(
          encodeText(long, Uint8Array.of(13, 255)),
          Uint8Array.of(...encoder.encode(long), 13, 255),
        );
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.deepEqual(encodeText(text), encoder.encode(text));
      }),
    );
  });

  test("F64: is decoded as TextDecoder does, with U+FFFD for what is not UTF-8", () => {
    const bad = [
      "ff", // no UTF-8 has it
      "80", // goes on without a beginning
      "c3", // ends too early
      "c080", // overlong NUL
      "e08080", // overlong NUL
      "eda080", // a lone surrogate
      "f4908080", // beyond U+10FFFF
      "f09f98", // three quarters of an emoji
      "f8888080 80", // five bytes
    ].map((hex) => Uint8Array.from(Buffer.from(hex.replace(" ", ""), "hex")));
    for (const bytes of bad) {
      assert.ok(decodeText(bytes).includes("\ufffd"));
      assert.equal(decodeText(bytes), decoder.decode(bytes));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, start, end) => {
        assert.equal(decodeText(bytes), decoder.decode(bytes));
        if (start > end || end > bytes.length) return;
        assert.equal(decodeText(bytes, start, end), decoder.decode(bytes.subarray(start, end)));
      }),
    );
  });

  test("F64: keeps a byte order mark", () => {
    assert.equal(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  });

  test("works without the global Buffer", async () => {
    const { Buffer: saved } = globalThis;
    const name = import.meta.url.endsWith(".ts") ? "bytes.ts" : "bytes.js";
    const url = new URL(`../../src/base/${name}?without-buffer`, import.meta.url).href;
    Reflect.deleteProperty(globalThis, "Buffer");
    try {
      const plain = (await import(url)) as typeof bytes;
      for (const text of ["", "é€😀\0", "\ud800", "long enough for no block ".repeat(100)]) {
        assert.deepEqual(plain.encodeText(text, Uint8Array.of(10)), encoder.encode(`${text}\n`));
        assert.equal(
          plain.decodeText(encoder.encode(text), 1),
          decoder.decode(encoder.encode(text).subarray(1)),
        );
      }
      assert.equal(plain.indexOfByte(encoder.encode("one\ntwo\n"), 10, 4), 7);
    } finally {
      globalThis.Buffer = saved;
    }
  });

  test("or bytes become bytes; bytes are not copied", () => {
    const bytes = Uint8Array.of(1, 2);
    assert.equal(toBytes(bytes), bytes);
    assert.deepEqual(toBytes("é"), Uint8Array.of(0xc3, 0xa9));
  });
});

describe("new bytes", () => {
  test("are zeroed, and never hold other memory", () => {
    const pieces = Array.from({ length: 3000 }, (_, index) => newBytes(index % 40));
    for (const [index, piece] of pieces.entries()) {
      assert.ok(piece.every((byte) => byte === 0));
      piece.fill((index % 255) + 1);
    }
    const text = encodeText("é".repeat(100));
    for (const [index, piece] of pieces.entries())
      assert.ok(piece.every((byte) => byte === (index % 255) + 1));
    assert.equal(decodeText(text), "é".repeat(100));
  });

  test("hold parts joined together, which are not changed by it", () => {
    const parts = [Uint8Array.of(1), noBytes, new Uint8Array(2000).fill(2), Uint8Array.of(3)];
    assert.deepEqual(concatBytes(parts), Uint8Array.from(parts.flatMap((part) => [...part])));
    assert.deepEqual(concatBytes([]), noBytes);
  });
});

describe("a queue of bytes", () => {
  test("gives a view where the bytes lie in one chunk", () => {
    const queue = new ByteQueue();
    const chunk = Uint8Array.of(1, 2, 3, 4);
    queue.push(chunk);
    const taken = queue.take(3);
    assert.equal(taken.buffer, chunk.buffer);
    assert.deepEqual([...taken, ...queue.takeAll()], [1, 2, 3, 4]);
    assert.equal(queue.consumed, 4);
  });

  test("gives a whole chunk as the view that it is", () => {
    const queue = new ByteQueue();
    const chunks = [new Uint8Array(600), new Uint8Array(700)];
    for (const chunk of chunks) queue.push(chunk);
    assert.equal(queue.take(600).buffer, chunks[0]?.buffer);
    assert.equal(queue.takeAll().buffer, chunks[1]?.buffer);
  });

  test("finds bytes at every offset, from every offset, on either side of a border", () => {
    const queue = new ByteQueue();
    const model = Uint8Array.from({ length: 3000 }, (_, index) => (index * 7) % 251);
    const borders = [0, 600, 1200, 1203, 1800, 2400, 3000];
    for (const [index, border] of borders.entries()) queue.push(model.slice(border, borders[index + 1]));
    for (let from = 0; from < model.length; from++) {
      const byte = model[from] as number;
      assert.equal(queue.at(from), byte);
      assert.equal(queue.indexOf(byte, from), from);
      assert.equal(queue.indexOf(model[from + 40] ?? 255, from), from + 40 < 3000 ? from + 40 : -1);
    }
    assert.equal(queue.at(model.length), -1);
  });

  test("refuses to give more than there is", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1));
    assert.throws(() => queue.peek(2), RangeError);
    assert.throws(() => queue.skip(2), RangeError);
    assert.throws(() => queue.takeText(2), RangeError);
    assert.equal(queue.length, 1);
  });

  test("behaves like one long array, whatever is done to it", () => {
    const sizes = fc.oneof(fc.nat(4), fc.constantFrom(63, 64, 511, 512, 513, 1200, 4096, 9000));
    const step = fc.record({
      act: fc.constantFrom(
        "push",
        "push",
        "drip",
        "heap",
        "own",
        "skip",
        "take",
        "takeText",
        "takeChunk",
        "look",
      ),
      size: sizes,
      byte: fc.constantFrom(0, 10, 65),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let model = Buffer.alloc(0);
        let consumed = 0;
        const drop = (count: number): Buffer => {
          const dropped = model.subarray(0, count);
          model = model.subarray(count);
          consumed += count;
          return dropped;
        };
        const given: { bytes: Uint8Array; expected: Buffer }[] = [];
        for (const { act, size, byte } of steps) {
          const count = Math.min(size, model.length);
          if (act === "push") {
            const chunk = new Uint8Array(size).fill(65);
            if (size > 0) chunk[size >> 1] = byte;
            model = Buffer.concat([model, chunk]);
            queue.push(chunk);
          } else if (act === "drip") {
            for (let pushed = 0; pushed < size; pushed++) queue.push(Uint8Array.of(pushed % 250));
            model = Buffer.concat([model, Uint8Array.from({ length: size }, (_, index) => index % 250)]);
          } else if (act === "heap") {
            // Enough chunks that the consumed ones are removed.
            for (let pushed = 0; pushed < 100; pushed++) queue.push(new Uint8Array(512).fill(byte));
            model = Buffer.concat([model, new Uint8Array(51_200).fill(byte)]);
          } else if (act === "own") {
            // A chunk that arrives alone, in memory that is reused afterwards.
            drop(queue.takeAll().length);
            const borrowed = new Uint8Array(size).fill(byte);
            queue.push(borrowed);
            queue.skip(size >> 2);
            queue.own();
            borrowed.fill(0xee);
            model = Buffer.alloc(size, byte);
            drop(size >> 2);
          } else if (act === "skip") {
            queue.skip(count);
            drop(count);
          } else if (act === "take") {
            given.push({ bytes: queue.take(count), expected: drop(count) });
          } else if (act === "takeText") {
            assert.equal(queue.takeText(count), drop(count).toString());
          } else if (act === "takeChunk") {
            const chunk = queue.takeChunk();
            assert.equal(chunk.length > 0, model.length > 0);
            given.push({ bytes: chunk, expected: drop(chunk.length) });
          } else {
            assert.equal(queue.at(size), model[size] ?? -1);
            assert.equal(queue.indexOf(byte, count), model.indexOf(byte, count));
            assert.equal(queue.indexOf(byte), model.indexOf(byte));
            const pattern = Uint8Array.of(65, byte, 65);
            assert.equal(
              queue.indexOfBytes(pattern, count),
              model.subarray(count).length < 3 ? -1 : model.indexOf(pattern, count),
            );
            assert.ok(model.subarray(0, count).equals(queue.peek(count)));
          }
          assert.equal(queue.length, model.length);
          assert.equal(queue.consumed, consumed);
        }
        // Returned bytes do not change when more arrive.
        for (const { bytes, expected } of given) assert.ok(expected.equals(bytes));
        assert.ok(model.equals(queue.takeAll()));
      }),
    );
  });

  test("F66: keeps single bytes in few chunks", () => {
    const queue = new ByteQueue();
    for (let count = 0; count < 100_000; count++) queue.push(Uint8Array.of(count & 0xff));
    let chunks = 0;
    let taken = 0;
    let memory = 0;
    while (queue.length > 0) {
      const chunk = queue.takeChunk();
      for (const byte of chunk) assert.equal(byte, taken++ & 0xff);
      memory += chunk.buffer.byteLength;
      chunks++;
    }
    assert.equal(taken, 100_000);
    assert.ok(chunks <= 100_000 / 4096 + 1, `${chunks} chunks`);
    assert.ok(memory <= 2.5 * 100_000, `${memory} bytes of memory`);
  });

  test("F66: looks at each chunk a few times in all, however many wait", () => {
    const small = chunkVisits(500);
    const large = chunkVisits(4000);
    assert.ok(small > 500, `${small} visits: the count does not work`);
    assert.ok(large < small * 9, `8 times the chunks took ${large} visits, after ${small}`);
  });
});

/** How often a chunk's length is read while one long message arrives, is scanned at its end, and is taken in pieces. */
function chunkVisits(chunks: number): number {
  let visits = 0;
  class Watched extends Uint8Array {
    override get length(): number {
      visits++;
      return super.length;
    }
  }
  const queue = new ByteQueue();
  for (let count = 0; count < chunks; count++) {
    queue.push(new Watched(600));
    assert.equal(queue.indexOf(10, queue.length - 600), -1);
    assert.equal(queue.at(queue.length - 1), 0);
    assert.equal(queue.at(3), 0);
  }
  while (queue.length > 0) queue.skip(300);
  return visits;
}
