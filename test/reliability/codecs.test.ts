/** The oracle of the codec checks finds what is wrong, and its streams reach what they should. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createPrng } from "../../reliability/prng.ts";
import { decodeUnder, decodeWhole, judge } from "../../reliability/codecs/decoding.ts";
import { addBytesMessage } from "../../reliability/codecs/fingerprint.ts";
import { codecRows, type CodecRow } from "../../reliability/codecs/rows.ts";
import { fillStream } from "../../reliability/codecs/streams.ts";
import { fixed, type Decoder } from "../../src/index.ts";

/** A codec of three bytes a message, but for what its decoder does otherwise. */
function rowWith(decode: Decoder<Uint8Array>["decode"], heldBytesMax = 2): CodecRow {
  const codec = fixed(3);
  const end: Decoder<Uint8Array>["end"] = (bytes) => (bytes.length === 0 ? undefined : bytes.takeAll());
  return {
    name: codec.name,
    codec: { ...codec, decoder: () => ({ decode, end }) },
    add: addBytesMessage,
    telling: [0],
    pieces: [new Uint8Array(3)],
    heldBytesMax,
  } as unknown as CodecRow;
}

const stream = Uint8Array.from([1, 2, 3, 4, 5, 6]);
const afterSecond = 0b10;

/** What is found of a codec when the stream is cut behind its second byte. */
function found(row: CodecRow): string | undefined {
  const whole = decodeWhole(row, stream);
  return typeof whole === "string" ? whole : judge(row, stream, afterSecond, whole);
}

describe("the oracle of the codec checks", () => {
  test("finds nothing wrong with a codec that is right", () => {
    assert.equal(found(rowWith((bytes) => (bytes.length < 3 ? undefined : bytes.take(3)))), undefined);
  });

  test("finds a codec that takes chunks for messages", () => {
    const row = rowWith((bytes) => (bytes.length === 0 ? undefined : bytes.takeChunk()));
    assert.equal(found(row), "this split is not the whole");
  });

  test("finds an error without a type", () => {
    const row = rowWith((bytes) => {
      if (bytes.length === 2) throw new RangeError("out of range");
      return bytes.length < 3 ? undefined : bytes.take(3);
    });
    assert.match(found(row) ?? "", /^an error without a type: RangeError/);
  });

  test("finds a codec that holds more than it may", () => {
    const row = rowWith((bytes) => (bytes.length < 6 ? undefined : bytes.take(6)));
    assert.equal(found({ ...row, heldBytesMax: 1 }), "2 bytes are held, and 1 is the most");
  });

  test("tells messages apart that have the same bytes and other borders", () => {
    const threes = decodeUnder(
      rowWith((bytes) => (bytes.length < 3 ? undefined : bytes.take(3))),
      stream,
      0,
    );
    const sixes = decodeUnder(
      rowWith((bytes) => (bytes.length < 6 ? undefined : bytes.take(6)), 5),
      stream,
      0,
    );
    assert.notEqual(threes, sixes);
  });
});

for (const row of codecRows) {
  test(`streams at random make messages and errors of ${row.name}, and hold all that they may`, () => {
    const prng = createPrng(1);
    const memory = new Uint8Array(40);
    const outcomes = new Set<number | string>();
    for (let turn = 0; turn < 2_000; turn++) {
      const bytes = memory.subarray(0, 1 + prng.below(40));
      fillStream(bytes, row, prng);
      outcomes.add(decodeWhole(row, bytes));
    }
    assert.ok(outcomes.size > 20, `only ${outcomes.size} outcomes`);
    assert.deepEqual(
      [...outcomes].filter((outcome) => typeof outcome === "string"),
      [],
    );
    if (row.heldBytesMax === 0) return;
    // The bound is no larger than it has to be.
    const tight = { ...row, heldBytesMax: Math.ceil(row.heldBytesMax / 2) };
    const everyByte = 0xffffffff;
    const reached = Array.from({ length: 2_000 }, () => {
      const bytes = memory.subarray(0, 1 + prng.below(40));
      fillStream(bytes, row, prng);
      return judge(tight, bytes, everyByte, 0);
    });
    assert.ok(
      reached.some((what) => what?.includes("bytes are held")),
      "no stream comes near the limit",
    );
  });
}
