import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { quote, replaceHidden } from "../../../src/base/text/quote.ts";

const rows: readonly (readonly [text: string, quoted: string])[] = [
  ["", '""'],
  ["80x", '"80x"'],
  ['say "hi"', String.raw`"say \"hi\""`],
  ["back\\slash", String.raw`"back\\slash"`],
  ["80\n", String.raw`"80\n"`],
  ["\r\t", String.raw`"\r\t"`],
  ["127.0.0.1\0.evil", String.raw`"127.0.0.1\x00.evil"`],
  ["\x1b]52;c;aGk=\x07", String.raw`"\x1b]52;c;aGk=\x07"`],
  ["\x7f\x80\x9b\x9f", String.raw`"\x7f\x80\x9b\x9f"`],
  ["a\u00adb", String.raw`"a\xadb"`],
  ["gnp\u202e.exe", String.raw`"gnp\u202e.exe"`],
  ["a\u200b\u200d\u2060\ufeffb", String.raw`"a\u200b\u200d\u2060\ufeffb"`],
  ["a\u2028\u2029b", String.raw`"a\u2028\u2029b"`],
  ["\u2066\u2069\u200e\u200f\u061c", String.raw`"\u2066\u2069\u200e\u200f\u061c"`],
  ["\u{e0041}", String.raw`"\u{e0041}"`],
  ["\u3164\u115f\u034f", String.raw`"\u3164\u115f\u034f"`],
  ["\uffff\u{10ffff}", String.raw`"\uffff\u{10ffff}"`],
  ["\ud800", String.raw`"\ud800"`],
  ["x\udfffy", String.raw`"x\udfffy"`],
  ["grüße ⓛ 日本 😀", '"grüße ⓛ 日本 😀"'],
];

for (const [text, quoted] of rows) {
  test(`quotes ${quoted} so that it can be seen`, () => {
    assert.equal(quote(text), quoted);
  });
}

test("cuts a long text, and puts the ellipsis where the text cannot", () => {
  assert.equal(quote("a".repeat(100)), `"${"a".repeat(100)}"`);
  assert.equal(quote("a".repeat(101)), `"${"a".repeat(100)}"…`);
  assert.equal(quote("😀".repeat(200)), `"${"😀".repeat(100)}"…`);
  assert.equal(quote("a…"), '"a…"');
});

test("cuts a text of ten megabytes without reading it all", () => {
  assert.equal(quote("\n".repeat(10_000_000)), `"${"\\n".repeat(100)}"…`);
});

test("shows any text on one line, without a hidden character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 150 }), (text) => {
      const quoted = quote(text);
      assert.equal(
        replaceHidden(quoted, () => ""),
        quoted,
      );
      assert.doesNotMatch(quoted, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test("quotes different texts differently, and reads back as a string literal", () => {
  const anyUnits = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anyUnits, (text) => {
      assert.equal(unquote(quote(text)), text);
    }),
  );
});

/** The value of a JavaScript string literal in double quotes, as far as `quote` writes them. */
function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:x(..)|u\{(.+?)\}|u(....)|(.))/gu, (_, byte, long, short, letter) => {
      const hex = (byte ?? long ?? short) as string | undefined;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return { n: "\n", r: "\r", t: "\t" }[letter as string] ?? (letter as string);
    });
}
