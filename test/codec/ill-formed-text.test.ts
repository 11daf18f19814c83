/** A lone surrogate has no UTF-8: codecs refuse it, because it would arrive as another character. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  delimited,
  fixed,
  jsonLines,
  lengthPrefixed,
  lines,
  netstring,
  raw,
  type Codec,
} from "../../src/index.ts";

const half = "a\ud800";

describe("a lone surrogate", () => {
  for (const [argument, codec] of [
    ["lines: message", lines()],
    ["lines: message", lines({ encoding: "bytes" })],
    ["lines: message", lines({ keepEnds: true, ending: "crlf" })],
    ["delimited: message", delimited("\0")],
    ["fixed: message", fixed(4)],
    ["lengthPrefixed: message", lengthPrefixed({ prefix: "u8" })],
    ["netstring: message", netstring()],
    ["raw: message", raw()],
  ] as const) {
    test(`is refused by ${codec.name}, with its index`, () => {
      assert.throws(() => (codec as Codec<unknown, string>).encode(half), {
        name: "TypeError",
        message: `${argument}: lone surrogate at index 1, which UTF-8 cannot carry`,
      });
    });
  }

  test("is refused by lines of latin1, as every character past U+00FF", () => {
    assert.throws(() => lines({ encoding: "latin1" }).encode(half), /^TypeError: lines: .* beyond U\+00FF/);
  });

  test("is refused as a delimiter", () => {
    assert.throws(() => delimited(half), /^TypeError: delimited: delimiter: lone surrogate at index 1,/);
  });

  test("is escaped by jsonLines, and so arrives as it was", () => {
    const sent = jsonLines().encode(half);
    assert.equal(Buffer.from(sent).toString(), `${JSON.stringify(half)}\n`);
  });
});
