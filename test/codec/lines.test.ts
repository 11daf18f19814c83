import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { encodeText } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { lines, type LinesOptions } from "../../src/codec/index.ts";
import { bytesOf, decodeAll, everyCut, singleBytes } from "../../src/testing/cuts.ts";
import { WatchedQueue } from "./watched-queue.ts";

function received(options: LinesOptions, stream: string | Uint8Array): string[] {
  const bytes = typeof stream === "string" ? bytesOf(stream) : stream;
  const { received: messages, error } = decodeAll(lines(options), [bytes]);
  assert.equal(error, undefined);
  return messages;
}

describe("F63: a line ends", () => {
  const stream = "a\nb\r\nc\rd\r\r\n\n\r\ne\r";
  const table: [LinesOptions, string[]][] = [
    [{}, ["a", "b", "c\rd\r", "", "", "e\r"]],
    [{ ending: "either" }, ["a", "b", "c\rd\r", "", "", "e\r"]],
    [{ ending: "lf" }, ["a", "b\r", "c\rd\r\r", "", "\r", "e\r"]],
    [{ ending: "crlf" }, ["a\nb", "c\rd\r", "\n", "e\r"]],
    [{ keepEnds: true }, ["a\n", "b\r\n", "c\rd\r\r\n", "\n", "\r\n", "e\r"]],
    [{ keepEnds: true, ending: "lf" }, ["a\n", "b\r\n", "c\rd\r\r\n", "\n", "\r\n", "e\r"]],
    [{ keepEnds: true, ending: "crlf" }, ["a\nb\r\n", "c\rd\r\r\n", "\n\r\n", "e\r"]],
  ];
  for (const [options, expected] of table) {
    test(`as ${JSON.stringify(options)} says`, () => {
      assert.deepEqual(received(options, stream), expected);
    });
  }
});

test("a last line without an ending is a line, and nothing behind the last ending is none", () => {
  assert.deepEqual(received({}, "a\nb"), ["a", "b"]);
  assert.deepEqual(received({}, "a\n"), ["a"]);
  assert.deepEqual(received({ keepEnds: true }, "a\nb"), ["a\n", "b"]);
});

test("F63: a character split over chunks survives", () => {
  for (const chunks of everyCut(bytesOf("é€😀\r\n"))) {
    assert.deepEqual(decodeAll(lines(), chunks).received, ["é€😀"]);
  }
});

test("F64: what is not UTF-8 arrives as U+FFFD, and the line's end is still found", () => {
  const stream = Uint8Array.from([0xff, 0x0a, 0xc3, 0x0a, 0xed, 0xa0, 0x80, 0x0d, 0x0a, 0xc0, 0x8a]);
  assert.deepEqual(received({}, stream), ["\ufffd", "\ufffd", "\ufffd\ufffd\ufffd", "\ufffd\ufffd"]);
});

/** Every byte except those of line endings, and a line ending. */
const everyByte = Uint8Array.from([
  ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a && byte !== 0x0d),
  0x0a,
]);

test("F64: latin1 gives a character for each byte, and sends it as that byte", () => {
  const codec = lines({ encoding: "latin1" });
  const [line = ""] = decodeAll(codec, [everyByte]).received;
  assert.deepEqual(
    Array.from(line, (character) => character.charCodeAt(0)),
    [...everyByte.subarray(0, -1)],
  );
  assert.deepEqual(codec.encode(line), everyByte);
  assert.throws(() => codec.encode("\u0100"), {
    name: "TypeError",
    message: 'lines: "\u0100" has a character beyond U+00FF, which latin1 cannot encode',
  });
});

test("F64: bytes gives every byte as it came, and sends bytes or text", () => {
  const codec = lines({ encoding: "bytes" });
  const [line = new Uint8Array()] = decodeAll(codec, [everyByte]).received;
  assert.deepEqual(line, everyByte.subarray(0, -1));
  assert.deepEqual(codec.encode(line), everyByte);
  assert.deepEqual(codec.encode("é"), bytesOf("é\n"));
  for (const [options, sent, refused] of [
    [{}, ["a\r"], ["\n", "a\n", "a\nb", "a\r\n"]],
    [{ ending: "crlf" }, ["a\n", "\n\n", "a\r"], ["\r\n", "\na\r\n", "a\r\nb"]],
    [{ keepEnds: true }, ["a", "a\n", "a\r\n"], ["a\nb", "\n\n"]],
    [{ keepEnds: true, ending: "crlf" }, ["a\r\n", "a\n", "\n\r\n"], ["\r\n\n", "\r\n\r\n"]],
  ] as const) {
    const [byBytes, byText] = [lines({ ...options, encoding: "bytes" }), lines(options)];
    for (const message of sent) assert.deepEqual(byBytes.encode(bytesOf(message)), byText.encode(message));
    for (const message of refused) {
      assert.throws(() => byText.encode(message), /contains a line break/);
      assert.throws(() => byBytes.encode(bytesOf(message)), /contains a line break/);
    }
  }
  assert.throws(() => codec.encode(5 as never), /^TypeError: lines: message: 5 is neither/);
  assert.throws(() => lines({ encoding: "ascii" as never }), {
    message: 'lines: encoding: "ascii" is none of utf8, latin1, bytes',
  });
});

test("F64: a byte order mark is data", () => {
  assert.deepEqual(received({}, "\ufeffa\n"), ["\ufeffa"]);
});

test("F65: NUL and every other character but the ending is data", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const line = `${all.replaceAll(/[\r\n]/g, "")}\u2028\u2029\u0085`;
  assert.deepEqual(received({}, lines().encode(line)), [line]);
});

test("a CR that another reader has taken is no part of an ending", () => {
  for (const [ending, expected] of [
    ["either", ["", ""]],
    ["crlf", ["\n", undefined]],
  ] as const) {
    const queue = new ByteQueue();
    const decoder = lines({ ending }).decoder();
    queue.push(bytesOf("a\r\n\r\n"));
    queue.skip(2);
    assert.deepEqual([decoder.decode(queue), decoder.decode(queue)], expected);
  }
});

describe("F8: the limit", () => {
  /** Number of bytes received when the stream fails, if it does. */
  function failsAfter(options: LinesOptions, stream: string): number | undefined {
    const bytes = bytesOf(stream);
    for (let length = 1; length <= bytes.length; length++) {
      const queue = new WatchedQueue();
      const decoder = lines(options).decoder();
      queue.push(bytes.subarray(0, length));
      try {
        while (decoder.decode(queue) !== undefined);
      } catch {
        return length;
      }
    }
    return undefined;
  }

  const table: [ending: LinesOptions["ending"], stream: string, failsAfter: number | undefined][] = [
    ["lf", "12345", 5],
    ["lf", "1234\n", undefined],
    ["lf", "1234\r\n", 5],
    ["lf", "\n\n12345", 7],
    ["either", "12345", 5],
    ["either", "1234\r", undefined], // the CR may belong to the ending
    ["either", "1234\r\n", undefined],
    ["either", "1234\rx", 6],
    ["either", "1234\r\r\n", 6],
    ["either", "12345\r\n", 5],
    ["crlf", "1234\r\n", undefined],
    ["crlf", "1234\r\r\n", 6],
    ["crlf", "1234\n", 5],
    ["crlf", "\n\n\n\n\r\n", undefined],
    ["crlf", "\n\n\n\n\n\r\n", 5],
  ];
  for (const [ending, stream, expected] of table) {
    test(`of 4 bytes: ${ending} ${JSON.stringify(stream)} fails ${expected === undefined ? "never" : `at byte ${expected}`}`, () => {
      for (const keepEnds of [false, true]) {
        assert.equal(failsAfter({ ending, keepEnds, lineBytesMax: 4 }, stream), expected);
      }
    });
  }

  test("lets as much pass at the end of the stream, without an ending", () => {
    assert.deepEqual(received({ lineBytesMax: 4 }, "1234"), ["1234"]);
  });

  test("holds at the end of the stream too, where a CR can no longer be half of an ending", () => {
    for (const ending of ["either", "crlf"] as const) {
      const { received: messages, error } = decodeAll(lines({ ending, lineBytesMax: 4 }), [
        bytesOf("1234\r"),
      ]);
      assert.deepEqual(messages, []);
      assert.equal(error?.kind, "too-long");
    }
  });

  test("counts bytes, not characters", () => {
    assert.equal(failsAfter({ lineBytesMax: 4 }, "éé\n"), undefined);
    assert.equal(failsAfter({ lineBytesMax: 4 }, "€€\n"), 5);
  });

  test("is 16 KiB unless another is given, and says which option it is", () => {
    const line = "x".repeat(16_384);
    assert.equal(limits.lineBytesMax.value, 16_384);
    assert.deepEqual(received({}, `${line}\r\n`), [line]);
    assert.deepEqual(decodeAll(lines(), [bytesOf(`${line}x\n`)]).error, {
      kind: "too-long",
      message: "a line is longer than 16384 bytes",
      missingBytes: undefined,
      option: "lineBytesMax",
    });
  });

  test("can be turned off", () => {
    const line = "x".repeat(100_000);
    assert.deepEqual(received({ lineBytesMax: Infinity }, `${line}\n`), [line]);
  });
});

describe("encoding", () => {
  const table: [LinesOptions, message: string, sent: string][] = [
    [{}, "", "\n"],
    [{}, "a\rb", "a\rb\n"],
    // A line received as `a\r\r\n` can be sent again, and arrives unchanged.
    [{}, "a\r", "a\r\r\n"],
    [{ ending: "lf" }, "a\r", "a\r\n"],
    [{ ending: "crlf" }, "a", "a\r\n"],
    [{ ending: "crlf" }, "a\r", "a\r\r\n"],
    [{ ending: "crlf" }, "a\nb", "a\nb\r\n"],
    [{ keepEnds: true }, "", "\n"],
    [{ keepEnds: true }, "a", "a\n"],
    [{ keepEnds: true }, "a\n", "a\n"],
    [{ keepEnds: true }, "a\r\n", "a\r\n"],
    [{ keepEnds: true }, "a\r", "a\r\n"],
    [{ keepEnds: true, ending: "crlf" }, "a\n", "a\n\r\n"],
    [{ keepEnds: true, ending: "crlf" }, "a\r\n", "a\r\n"],
  ];
  for (const [options, message, sent] of table) {
    test(`${JSON.stringify(options)} sends ${JSON.stringify(message)} as ${JSON.stringify(sent)}`, () => {
      assert.deepEqual(lines(options).encode(message), encodeText(sent));
    });
  }

  const refused: [LinesOptions, message: string][] = [
    [{}, "a\n"],
    [{}, "a\nb"],
    [{}, "\n"],
    [{ ending: "lf" }, "a\n"],
    [{ ending: "crlf" }, "a\r\n"],
    [{ ending: "crlf" }, "a\r\nb"],
    [{ keepEnds: true }, "a\nb"],
    [{ keepEnds: true }, "a\n\n"],
    [{ keepEnds: true, ending: "crlf" }, "a\r\nb\r\n"],
  ];
  for (const [options, message] of refused) {
    test(`${JSON.stringify(options)} refuses ${JSON.stringify(message)}, which would arrive as something else`, () => {
      assert.throws(() => lines(options).encode(message), { name: "TypeError", message: /^lines: "/ });
    });
  }

  test("refuses what is no string", () => {
    assert.throws(() => lines().encode(new Uint8Array(1) as unknown as string), {
      name: "TypeError",
      message: "lines: a message is a string, not a Uint8Array",
    });
  });

  test("sends long lines whole", () => {
    const line = "é".repeat(5000);
    assert.deepEqual(lines().encode(line), encodeText(`${line}\n`));
  });
});

test("refuses options that are none, naming option, value and what it should be", () => {
  const table: [LinesOptions, string][] = [
    [{ ending: "cr" as "lf" }, 'lines: ending: "cr" is none of lf, crlf, either'],
    [{ keepEnds: 1 as unknown as boolean }, "lines: keepEnds: 1 is neither true nor false"],
    [{ lineBytesMax: 0 }, "lines: lineBytesMax: 0 is not a whole number of 1 or more, or Infinity"],
    [{ lineBytesMax: 1.5 }, "lines: lineBytesMax: 1.5 is not a whole number of 1 or more, or Infinity"],
    [{ lineBytesMax: NaN }, "lines: lineBytesMax: NaN is not a whole number of 1 or more, or Infinity"],
    [
      { lineBytesMax: "9" as unknown as number },
      'lines: lineBytesMax: "9" is not a whole number of 1 or more, or Infinity',
    ],
  ];
  for (const [options, message] of table) assert.throws(() => lines(options), { name: "TypeError", message });
});

describe("F66: single bytes", () => {
  for (const [name, stream] of [
    ["one long line", `${"x".repeat(60_000)}\r\n`],
    ["many lines", "one line\r\n".repeat(6000)],
    ["a flood of LF", "\n".repeat(60_000)],
    ["a flood of CR", "\r".repeat(60_000)],
  ] as const) {
    test(`of ${name} are each looked at a few times, however long it gets`, () => {
      for (const ending of ["lf", "crlf", "either"] as const) {
        const queue = new WatchedQueue();
        const decoder = lines({ ending, lineBytesMax: Infinity }).decoder();
        for (const byte of singleBytes(bytesOf(stream))) {
          queue.push(byte);
          while (decoder.decode(queue) !== undefined);
        }
        decoder.end(queue);
        assert.equal(queue.length, 0);
        assert.ok(queue.bytesLookedAt >= stream.length, "the count does not work");
        assert.ok(queue.bytesLookedAt <= 4 * stream.length, `${queue.bytesLookedAt} of ${stream.length}`);
        assert.ok(queue.calls <= 5 * stream.length, `${queue.calls} calls for ${stream.length} bytes`);
      }
    });
  }
});
