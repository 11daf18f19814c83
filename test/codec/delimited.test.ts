import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeText } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { delimited } from "../../src/codec/index.ts";
import { bytesOf, decodeAll, everyCut, singleBytes } from "../../src/testing/cuts.ts";
import { WatchedQueue } from "./watched-queue.ts";

function received(delimiter: string, stream: string): string[] {
  const { received: messages, error } = decodeAll(delimited(delimiter), [bytesOf(stream)]);
  assert.equal(error, undefined);
  return messages.map((message) => decodeText(message));
}

describe("a message ends", () => {
  const table: [delimiter: string, stream: string, messages: string[]][] = [
    ["\0", "a\0\0b\0", ["a", "", "b"]],
    ["\r\n", "x\r\r\ny", ["x\r", "y"]],
    ["aa", "baaaaa", ["b", "", "a"]], // where the delimiter first stands
    ["aab", "aaaab", ["aa"]],
    ["abcabd", "abcabcabd", ["abc"]],
    ["--end--", "one--end--two--en", ["one", "two--en"]],
    ["€", "a€b", ["a", "b"]],
  ];
  for (const [delimiter, stream, messages] of table) {
    test(`in ${JSON.stringify(stream)} at each ${JSON.stringify(delimiter)}`, () => {
      assert.deepEqual(received(delimiter, stream), messages);
    });
  }
});

test("the delimiter is a copy: changing one's own array changes nothing", () => {
  const mark = Uint8Array.of(0x3b);
  const codec = delimited(mark);
  mark[0] = 0;
  assert.deepEqual(decodeAll(codec, [bytesOf("a;b")]).received, [bytesOf("a"), bytesOf("b")]);
  assert.deepEqual(codec.encode("a"), bytesOf("a;"));
});

test("the delimiter can be kept, and is then brought by the message", () => {
  const codec = delimited("\r\n", { keepDelimiter: true });
  assert.deepEqual(decodeAll(codec, [bytesOf("a\r\n\r\nb")]).received, ["a\r\n", "\r\n", "b"].map(bytesOf));
  assert.deepEqual(codec.encode("a\r\n"), bytesOf("a\r\n"));
  assert.deepEqual(codec.encode("b"), bytesOf("b"));
});

describe("encoding", () => {
  const sent: [delimiter: string, message: string][] = [
    ["\r\n", "x\r"],
    ["\r\n", "\n\n"],
    ["aa", "ab"],
    ["aab", "aa"], // "aaaab": found at 2
    ["abcabd", "abcabc"],
    ["\0", ""],
  ];
  for (const [delimiter, message] of sent) {
    test(`puts ${JSON.stringify(delimiter)} behind ${JSON.stringify(message)}`, () => {
      assert.deepEqual(delimited(delimiter).encode(message), bytesOf(message + delimiter));
      assert.deepEqual(received(delimiter, message + delimiter), [message]);
    });
  }

  const refused: [delimiter: string, message: string][] = [
    ["\r\n", "a\r\nb"],
    ["\0", "\0"],
    ["aa", "ba"], // "baaa" would be read as "b", and an "a" left over
    ["aa", "a"],
    ["abab", "xab"],
    ["abcab", "abc"],
  ];
  for (const [delimiter, message] of refused) {
    test(`refuses ${JSON.stringify(message)} before ${JSON.stringify(delimiter)}: it would arrive cut`, () => {
      assert.throws(() => delimited(delimiter).encode(message), {
        name: "TypeError",
        message: /^delimited: the message contains the delimiter/,
      });
    });
  }

  test("refuses what is neither text nor bytes", () => {
    assert.throws(
      () => delimited("\0").encode(null as unknown as string),
      /^TypeError: delimited: message: null is neither/,
    );
  });
});

describe("F8: the limit", () => {
  const codec = delimited("\r\n\r\n", { messageBytesMax: 4 });
  const table: [stream: string, outcome: string | undefined][] = [
    ["1234", undefined],
    ["12345", "too-long"],
    ["1234\r", undefined], // the delimiter may be coming
    ["1234\r\n\r", undefined],
    ["1234\r\n\n", "too-long"], // it is not
    ["123\r\n\r\n", undefined],
    ["12345\r\n\r\n", "too-long"],
    ["\r\n\r1\r\n\r", undefined],
    ["\r\n\r12\r\n\r", "too-long"],
    ["\r\n\r\r\n\r\n", undefined],
  ];
  for (const [stream, outcome] of table) {
    test(`of 4 bytes: ${JSON.stringify(stream)} ${outcome === undefined ? "may go on" : "fails"}`, () => {
      const queue = new WatchedQueue();
      queue.push(bytesOf(stream));
      const decode = (): unknown => codec.decoder().decode(queue);
      if (outcome === undefined) decode();
      else assert.throws(decode, { name: "CodecError", kind: outcome });
    });
  }

  test("smaller than the delimiter leaves room for the delimiter", () => {
    const tiny = delimited("\r\n\r\n", { messageBytesMax: 1 });
    for (const chunks of everyCut(bytesOf("\r\n\r\nx\r\n\r\n"))) {
      assert.deepEqual(decodeAll(tiny, chunks), { received: [bytesOf(""), bytesOf("x")], error: undefined });
    }
  });

  test("lets as much pass at the end of the stream, without a delimiter", () => {
    assert.deepEqual(decodeAll(codec, [bytesOf("1234")]).received, [bytesOf("1234")]);
  });

  test("holds at the end of the stream too, where half a delimiter is data", () => {
    assert.equal(decodeAll(codec, [bytesOf("1234\r\n")]).error?.kind, "too-long");
    assert.deepEqual(decodeAll(codec, [bytesOf("12\r\n")]).received, [bytesOf("12\r\n")]);
  });

  test("is 8 MiB unless another is given, and says which option it is", () => {
    const { value } = limits.messageBytesMax;
    assert.equal(value, 8 * 1024 * 1024);
    const stream = new Uint8Array(value + 1);
    assert.equal(decodeAll(delimited("\n"), [stream.subarray(1)]).received[0]?.length, value);
    assert.deepEqual(decodeAll(delimited("\n"), [stream]).error, {
      kind: "too-long",
      message: "a message is longer than 8388608 bytes",
      missingBytes: undefined,
      option: "messageBytesMax",
    });
  });
});

test("refuses a delimiter or a limit that is none", () => {
  const none = (delimiter: unknown) => () => delimited(delimiter as string);
  assert.throws(none(""), /^TypeError: delimited: delimiter: it is empty, and must be at least one byte$/);
  assert.throws(none(new Uint8Array(0)), /^TypeError: delimited: delimiter: it is empty/);
  assert.throws(none(10), /^TypeError: delimited: delimiter: 10 is neither a string nor a Uint8Array$/);
  assert.throws(
    () => delimited("\0", { keepDelimiter: "yes" as unknown as boolean }),
    /^TypeError: delimited: keepDelimiter: "yes" is neither true nor false$/,
  );
  assert.throws(
    () => delimited("\0", { messageBytesMax: -1 }),
    /^TypeError: delimited: messageBytesMax: -1 is not a whole number of 1 or more, or Infinity$/,
  );
});

test("F66: single bytes are each looked at a few times, however long the message gets", () => {
  for (const [delimiter, stream] of [
    ["\r\n", "x".repeat(60_000)],
    ["\r\n", "\r".repeat(60_000)],
    ["aab", "a".repeat(60_000)],
    ["abab", "aba".repeat(20_000)],
  ] as const) {
    const queue = new WatchedQueue();
    const decoder = delimited(delimiter).decoder();
    for (const byte of singleBytes(bytesOf(stream))) {
      queue.push(byte);
      assert.equal(decoder.decode(queue), undefined);
    }
    // The bytes of a delimiter that may have begun are examined again.
    const most = stream.length * delimiter.length * 2;
    assert.ok(queue.bytesLookedAt >= stream.length, "the count does not work");
    assert.ok(queue.bytesLookedAt <= most, `${queue.bytesLookedAt} of ${stream.length}`);
    assert.ok(queue.calls <= most, `${queue.calls} calls for ${stream.length} bytes`);
  }
});
