import assert from "node:assert/strict";
import { test } from "node:test";
import { codecByName } from "../../src/codec/index.ts";
import { bytesOf, decodeAll } from "../../src/testing/cuts.ts";

/** The encoding of two messages, `a` and `bc`, by each codec. */
const sent: readonly (readonly [name: string, wire: string])[] = [
  ["raw", "abc"],
  ["lines", "a\nbc\n"],
  ["lf", "a\nbc\n"],
  ["crlf", "a\r\nbc\r\n"],
  ["netstring", "1:a,2:bc,"],
  ["u8", "\x01a\x02bc"],
  ["u16be", "\0\x01a\0\x02bc"],
  ["u16le", "\x01\0a\x02\0bc"],
  ["u32be", "\0\0\0\x01a\0\0\0\x02bc"],
  ["u32le", "\x01\0\0\0a\x02\0\0\0bc"],
  ["varint", "\x01a\x02bc"],
  ["delim:;", "a;bc;"],
  ["delim:delim:", "adelim:bcdelim:"],
  ["delim: ", "a bc "],
];
for (const [name, wire] of sent) {
  test(`${name} frames messages as ${JSON.stringify(wire)}`, () => {
    const codec = codecByName(name);
    assert.deepEqual(Buffer.concat([codec.encode("a"), codec.encode("bc")]).toString(), wire);
    if (name === "raw") return;
    const { received } = decodeAll(codec, [bytesOf(wire)]);
    assert.deepEqual(
      received.map(String),
      ["a", "bc"].map((text) => String(name.startsWith("l") || name === "crlf" ? text : bytesOf(text))),
    );
  });
}

test("the frames of lines take the encoding of lines", () => {
  for (const name of ["lines", "lf", "crlf"]) {
    const wire = Uint8Array.of(0xff, 0x0d, 0x0a);
    const decoded = (encoding?: "latin1" | "bytes"): unknown =>
      decodeAll(codecByName(name, encoding), [wire]).received[0];
    const cr = name === "lf" ? "\r" : "";
    assert.equal(decoded(), `\ufffd${cr}`);
    assert.equal(decoded("latin1"), `\xff${cr}`);
    assert.deepEqual(decoded("bytes"), wire.subarray(0, name === "lf" ? 2 : 1));
  }
});

test("fixed:3 frames messages of three bytes", () => {
  assert.deepEqual(decodeAll(codecByName("fixed:3"), [bytesOf("abcdef")]).received, [
    bytesOf("abc"),
    bytesOf("def"),
  ]);
});

test("json frames the text of values as lines, and refuses what is no JSON", () => {
  const codec = codecByName("json");
  const wire = Buffer.concat([codec.encode('{\r\n"a": 1e400}\n'), codec.encode(bytesOf('"\\n"'))]).toString();
  assert.equal(wire, '{  "a": 1e400}\n"\\n"\n');
  assert.deepEqual(decodeAll(codec, [bytesOf(` 1.0 \r\n${wire}`)]).received, [
    "1.0",
    '{  "a": 1e400}',
    '"\\n"',
  ]);
  assert.throws(() => codec.encode("OK... 1"), { name: "TypeError", message: "json: a line is not JSON" });
});

test("any other name is refused, with the list of those there are", () => {
  for (const name of [
    "",
    "Lines",
    "delim:",
    "delim",
    "lines:",
    "fixed:",
    "fixed:0",
    "fixed:-1",
    "fixed:1e3",
    "fixed:9999999999",
    "toString",
  ]) {
    assert.throws(() => codecByName(name), {
      name: "TypeError",
      message: `frame ${JSON.stringify(name)} is none of raw, lines, lf, crlf, json, netstring, u8, u16be, u16le, u32be, u32le, varint, fixed:<bytes>, delim:<text>`,
    });
  }
});
