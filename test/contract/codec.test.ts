/** Runs the contract against every codec. Add a row for a new codec. */
import { describe, test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../src/base/bytes.ts";
import {
  delimited,
  fixed,
  jsonLines,
  lengthPrefixed,
  lines,
  mapCodec,
  netstring,
  raw,
  telnet,
  type DelimitedOptions,
  type LinesOptions,
  type TelnetMessage,
} from "../../src/codec/index.ts";
import { bytesOf } from "../../src/testing/cuts.ts";
import { testCodec, type CodecContract } from "../../src/testing/codec-contract.ts";

interface CodecRow<Message> extends CodecContract<Message> {
  readonly name: string;
  /** Any message that can be sent. */
  readonly anyMessage: fc.Arbitrary<Message>;
}

/** The reliability suite sets it: its streams are counted in millions. */
const runs = Number(process.env["PORTCALL_CODEC_RUNS"] ?? 300);

function testRow<Message>({ name, anyMessage, ...contract }: CodecRow<Message>): void {
  describe(name, () => {
    testCodec({ ...contract, runs, samples: fc.sample(anyMessage, 200) }, test);
  });
}

const anyBytes = fc.uint8Array({ maxLength: 12 });
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));

testRow({
  name: "raw",
  codec: raw(),
  messages: [hex("00"), bytesOf("a\r\n"), hex("ff fe")],
  anyMessage: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  telling: [0],
  streams: [bytesOf("any\r\nbytes\0")],
  cutShort: "is a message",
  sameForEveryCut: concatBytes,
});

const lineStreams = [
  ...["a\r\n\r\n\nb\r\rc\n", "é€😀\r\n", "\r\n\r\r\n\n\r", "\ufeffa\0b\n\r"].map(bytesOf),
  hex("c3 28 ff 0d 0a e2 82 0a f0 9f 0d"), // not UTF-8
];

/** Text in which line terminators are frequent. */
const anyText = fc
  .array(
    fc.oneof(fc.constantFrom("\r", "\n", "\0", "é", "€", "😀", "\ufeff"), fc.string({ unit: "binary" })),
    {
      maxLength: 5,
    },
  )
  .map((parts) => parts.join(""));

function linesRow(
  options: LinesOptions,
  messages: string[],
  anyMessage: fc.Arbitrary<string>,
): CodecRow<string> {
  const ending = options.ending === "crlf" ? "\r\n" : "\n";
  const tail = options.keepEnds === true ? "" : ending;
  return {
    name: `lines ${JSON.stringify(options)}`,
    codec: lines(options),
    messages,
    anyMessage,
    telling: [0x0a, 0x0d, 0xc3, 0xa9, 0xef, 0xbb, 0xbf],
    streams: lineStreams,
    cutShort: "is a message",
    limit: {
      codec: lines({ ...options, lineBytesMax: 8 }),
      option: "lineBytesMax",
      bytesMax: 8,
      framingBytes: options.ending === "lf" ? 0 : 1,
      exactly: bytesOf(`12345€${ending}`),
      oneMore: bytesOf(`123456€${ending}`),
    },
    ...(tail === "" && { messages: messages.map((message) => message + ending) }),
  };
}

testRow(
  linesRow(
    {},
    ["", "one", "zwölf\rBoxkämpfer", "a\0b\u2028c", "😀"],
    anyText.filter((text) => !text.includes("\n") && !text.endsWith("\r")),
  ),
);
testRow(
  linesRow(
    { ending: "lf" },
    ["", "one\r", "\r", "€\r\r"],
    anyText.filter((text) => !text.includes("\n")),
  ),
);
testRow(
  linesRow(
    { ending: "crlf" },
    ["", "one\r", "\n", "\n\r"],
    anyText.filter((text) => !text.includes("\r\n")),
  ),
);
testRow(
  linesRow(
    { keepEnds: true },
    ["", "one", "two\r", "\r\r"],
    fc.tuple(anyText, fc.constantFrom("\n", "\r\n")).map(([text, end]) => text.replaceAll("\n", "") + end),
  ),
);
testRow(
  linesRow(
    { keepEnds: true, ending: "crlf" },
    ["", "one", "\n\n", "a\r"],
    anyText.filter((text) => !text.includes("\r\n")).map((text) => `${text}\r\n`),
  ),
);

/** Bytes in which line terminators are frequent, as text of one character each. */
const anyByteText = fc
  .array(fc.oneof(fc.constantFrom(0x0a, 0x0d, 0xc3, 0xff), fc.integer({ min: 0, max: 255 })), {
    maxLength: 8,
  })
  .map((bytes) => String.fromCharCode(...bytes));

testRow(
  linesRow(
    { encoding: "latin1" },
    ["", "one", "zw\xf6lf\rB\xff", "a\0b\x80\x85"],
    anyByteText.filter((text) => !text.includes("\n") && !text.endsWith("\r")),
  ),
);
testRow(
  linesRow(
    { encoding: "latin1", keepEnds: true, ending: "crlf" },
    ["", "\xe9", "\n\n"],
    anyByteText.filter((text) => !text.includes("\r\n")).map((text) => `${text}\r\n`),
  ),
);

for (const ending of ["either", "lf", "crlf"] as const) {
  for (const keepEnds of [false, true]) {
    const lineBreak = ending === "crlf" ? "\r\n" : "\n";
    const tail = keepEnds ? lineBreak : "";
    const bytesOfLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text + tail, "latin1"));
    testRow<Uint8Array>({
      name: `lines of bytes, ${ending}${keepEnds ? ", kept" : ""}`,
      codec: lines({ encoding: "bytes", ending, keepEnds }),
      messages: ["", "one", "\xff\0\xc3", "a\rb"].map(bytesOfLatin1),
      anyMessage: anyByteText
        .filter((text) => !`${text}${tail}`.slice(0, -tail.length || undefined).includes(lineBreak))
        .filter((text) => ending === "lf" || !text.endsWith("\r"))
        .map(bytesOfLatin1),
      telling: [0x0a, 0x0d, 0xc3, 0xff],
      streams: lineStreams,
      cutShort: "is a message",
      limit: {
        codec: lines({ encoding: "bytes", ending, keepEnds, lineBytesMax: 8 }),
        option: "lineBytesMax",
        bytesMax: 8,
        framingBytes: ending === "lf" ? 0 : 1,
        exactly: bytesOf(`12345678${lineBreak}`),
        oneMore: bytesOf(`123456789${lineBreak}`),
      },
    });
  }
}

function delimitedRow(
  delimiter: string,
  messages: string[],
  streams: string[],
  options: DelimitedOptions = {},
): CodecRow<Uint8Array> {
  const tail = options.keepDelimiter === true ? delimiter : "";
  const canBeSent = (message: Uint8Array): boolean => {
    const framed = Buffer.concat([message, bytesOf(delimiter)]);
    return framed.indexOf(delimiter) === message.length;
  };
  const telling = [...bytesOf(delimiter)];
  return {
    name: `delimited ${JSON.stringify(delimiter)} ${JSON.stringify(options)}`,
    codec: delimited(delimiter, options),
    messages: messages.map((message) => bytesOf(message + tail)),
    anyMessage: fc
      .array(fc.oneof(fc.constantFrom(...telling), fc.integer({ min: 0, max: 255 })), { maxLength: 10 })
      .map((bytes) => Uint8Array.from(bytes))
      .filter(canBeSent)
      .map((message) => concatBytes([message, bytesOf(tail)])),
    telling,
    streams: streams.map(bytesOf),
    cutShort: "is a message",
    limit: {
      codec: delimited(delimiter, { ...options, messageBytesMax: 8 }),
      option: "messageBytesMax",
      bytesMax: 8,
      framingBytes: delimiter.length - 1,
      exactly: bytesOf(`12345678${delimiter}`),
      oneMore: bytesOf(`123456789${delimiter}`),
    },
  };
}

testRow(delimitedRow("\0", ["", "one", "a\r\n", "\n"], ["\0\0a\0b", "a\nb\0"]));
testRow(delimitedRow("\r\n", ["", "one\r", "\n\r\r", "a\nb"], ["a\r\r\nb\r\n\n", "\r\n\r\n\r\r\n\r"]));
testRow(delimitedRow("aa", ["", "b", "ab", "abab"], ["baaabaaab", "aaaaaaa", "abaabaa"]));
testRow(delimitedRow("abcabd", ["", "ab", "abcabc", "d"], ["abcabcabdx", "abcababcabd", "aabcabdabcab"]));
testRow(delimitedRow("\n", ["", "one", "a\r"], ["\n\na\nb", "a\r\nb\n"], { keepDelimiter: true }));
testRow(delimitedRow("aba", ["", "a", "bb"], ["ababa", "aabaabab"], { keepDelimiter: true }));

testRow({
  name: "fixed 1",
  codec: fixed(1),
  messages: [hex("00"), hex("0a"), hex("ff")],
  anyMessage: fc.uint8Array({ minLength: 1, maxLength: 1 }),
  telling: [0],
  streams: [hex("00 0a ff")],
  cutShort: "is an error",
});
testRow({
  name: "fixed 5",
  codec: fixed(5),
  messages: ["hello", "\0\0\0\0\0", "w\r\nld"].map(bytesOf),
  anyMessage: fc.uint8Array({ minLength: 5, maxLength: 5 }),
  telling: [0],
  streams: ["helloworld", "hellowor", "1234512345ab"].map(bytesOf),
  cutShort: "is an error",
});

const texts = ["", "one", "a\r\n\0", "zwölf Boxkämpfer"].map(bytesOf);

testRow({
  name: "length-prefixed u8",
  codec: lengthPrefixed({ prefix: "u8" }),
  messages: texts,
  anyMessage: anyBytes,
  telling: [0, 1, 2, 3, 9],
  streams: [hex("00 01 00 02 01 01 00 03 61"), hex("05 01 02 03 04 05"), hex("ff")],
  cutShort: "is an error",
  limit: {
    codec: lengthPrefixed({ prefix: "u8", messageBytesMax: 8 }),
    option: "messageBytesMax",
    bytesMax: 8,
    framingBytes: 1,
    exactly: bytesOf("\x0812345678"),
    oneMore: bytesOf("\x09123456789"),
  },
});

for (const [prefix, three, five] of [
  ["u16be", "00 03", "00 05"],
  ["u16le", "03 00", "05 00"],
  ["u32be", "00 00 00 03", "00 00 00 05"],
  ["u32le", "03 00 00 00", "05 00 00 00"],
] as const) {
  const size = prefix.startsWith("u16") ? 2 : 4;
  testRow({
    name: `length-prefixed ${prefix}`,
    codec: lengthPrefixed({ prefix }),
    messages: texts,
    anyMessage: anyBytes,
    telling: [0, 0, 0, 1, 2, 3],
    streams: [hex(`${three} 61 62 63 ${three} 64`), hex("00 00 00 00 00 00 00 00"), hex("ff ff ff ff ff")],
    cutShort: "is an error",
    limit: {
      codec: lengthPrefixed({ prefix, messageBytesMax: 4 }),
      option: "messageBytesMax",
      bytesMax: 4,
      framingBytes: size,
      exactly: hex(`${five.replace("5", "4")} 61 62 63 64`),
      oneMore: hex(`${five} 61 62 63 64 65`),
    },
  });
}

testRow({
  name: "length-prefixed varint",
  codec: lengthPrefixed({ prefix: "varint" }),
  messages: [...texts, new Uint8Array(127), new Uint8Array(128), new Uint8Array(300).fill(0x80)],
  anyMessage: fc.oneof(anyBytes, fc.uint8Array({ minLength: 120, maxLength: 140 })),
  telling: [0, 1, 2, 3, 0x80, 0x81, 0xff],
  streams: [
    hex("00 01 00 02 01 01 00 03 61"),
    hex("80 01 61 62"),
    hex("ff ff ff ff 0f"),
    hex("80 80 80 80 01"),
  ],
  cutShort: "is an error",
  limit: {
    codec: lengthPrefixed({ prefix: "varint", messageBytesMax: 200 }),
    option: "messageBytesMax",
    bytesMax: 200,
    framingBytes: 2,
    exactly: concatBytes([hex("c8 01"), new Uint8Array(200)]),
    oneMore: concatBytes([hex("c9 01"), new Uint8Array(201)]),
  },
  invalid: [
    "80 00", // 0 in two bytes
    "81 00",
    "ff 80 00",
    "80 80 80 80 00",
    "ff ff ff ff 10", // 33 bits
    "80 80 80 80 80",
    "ff ff ff ff ff ff ff ff ff 01", // -1 as protocol buffers write it
  ].map(hex),
});

testRow({
  name: "length-prefixed, one byte of header and a length that counts itself (PostgreSQL)",
  codec: lengthPrefixed({ prefix: "u32be", offset: 1, adjustment: -4 }),
  messages: ["Z", "QSELECT 1\0", "X\r\n"].map(bytesOf),
  anyMessage: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  telling: [0, 0, 0, 4, 5, 6],
  streams: [hex("5a 00 00 00 05 49 58 00 00 00 04"), hex("5a 00 00 00 08 49"), hex("5a 00 00 00 03 49")],
  cutShort: "is an error",
  limit: {
    codec: lengthPrefixed({ prefix: "u32be", offset: 1, adjustment: -4, messageBytesMax: 8 }),
    option: "messageBytesMax",
    bytesMax: 8,
    framingBytes: 4,
    exactly: hex("44 00 00 00 0b 31 32 33 34 35 36 37"),
    oneMore: hex("44 00 00 00 0c 31 32 33 34 35 36 37 38"),
  },
  invalid: ["5a 00 00 00 03", "5a 00 00 00 00 61 62"].map(hex),
});

testRow({
  name: "length-prefixed, one byte of header and a varint (MQTT)",
  codec: lengthPrefixed({ prefix: "varint", offset: 1 }),
  messages: ["\xc0", "0topic", "\x10\0\x04MQTT"].map((text) => Uint8Array.from(Buffer.from(text, "latin1"))),
  anyMessage: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  telling: [0, 1, 2, 0x80, 0xff],
  streams: [hex("c0 00 d0 00 30 03 00 01 61"), hex("30 80 01 61")],
  cutShort: "is an error",
  invalid: ["30 80 00", "30 80 80 80 80 80"].map(hex),
});

testRow({
  name: "length-prefixed, more behind the length than it counts",
  codec: lengthPrefixed({ prefix: "u16le", adjustment: 2 }),
  messages: ["id", "idbody", "\r\n"].map(bytesOf),
  anyMessage: fc.uint8Array({ minLength: 2, maxLength: 12 }),
  telling: [0, 0, 1, 2, 3],
  streams: [hex("00 00 69 64 01 00 69 64 61"), hex("01 00 69")],
  cutShort: "is an error",
});

testRow({
  name: "netstring",
  codec: netstring(),
  messages: [...texts, bytesOf("5:hello,"), new Uint8Array(300).fill(0x2c)],
  anyMessage: anyBytes,
  telling: [...bytesOf("01239:,")],
  streams: ["0:,1:a,", "5:hello,3:a", "12:hello wo", "2:,,,0:,", "1:a;", "00:,", ":,"].map(bytesOf),
  cutShort: "is an error",
  limit: {
    codec: netstring({ messageBytesMax: 8 }),
    option: "messageBytesMax",
    bytesMax: 8,
    framingBytes: 3,
    exactly: bytesOf("8:12345678,"),
    oneMore: bytesOf("9:123456789,"),
  },
  invalid: ["01:a,", "00:,", ":", "x", "1:ab", "-1:a,", " 1:a,", "1 :a,"].map(bytesOf),
});

testRow<unknown>({
  name: "json-lines",
  codec: jsonLines(),
  messages: [7, false, "a\r\n\0é😀", { a: [{}, [], ""] }, [1, { b: false }]],
  anyMessage: fc
    .jsonValue({ maxDepth: 2 })
    .filter((value) => value !== null && !JSON.stringify(value).includes('"__proto__"')),
  telling: [...bytesOf('[]{}",:1\n\r \\')],
  streams: ['1\n"a\\n"\r\n', "[1\n]\n", "{}\n\n[]\n", " 1 \n2", '{"":"é"}\n'].map(bytesOf),
  cutShort: "depends",
  limit: {
    codec: jsonLines({ messageBytesMax: 8 }),
    option: "messageBytesMax",
    bytesMax: 8,
    framingBytes: 0,
    exactly: bytesOf("[12,345]\n"),
    oneMore: bytesOf("[12,3456]\n"),
  },
  invalid: ["\n", "\r\n", "undefined\n", "{a:1}\n", "1 2\n", "'a'\n", '"\t"\n', "null\n"]
    .map(bytesOf)
    .concat(hex("22 ff 22 0a")),
});

const command = (code: number): TelnetMessage => ({ type: "command", command: code });
const data = (bytes: Uint8Array): TelnetMessage => ({ type: "data", bytes });
const anyOption = fc.integer({ min: 0, max: 255 });

testRow<TelnetMessage>({
  name: "telnet",
  codec: telnet(),
  messages: [
    command(249),
    { type: "negotiation", verb: "do", option: 31 },
    { type: "negotiation", verb: "wont", option: 255 },
    { type: "subnegotiation", option: 31, bytes: hex("00 50 ff ff 00") },
    { type: "subnegotiation", option: 255, bytes: hex("") },
    data(hex("61 ff ff f0 0d 00")),
    command(240),
  ],
  anyMessage: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }).map(data),
    fc
      .array(fc.constantFrom(0xff, 0xf0, 0xfa, 0x61), { minLength: 1 })
      .map((all) => data(Uint8Array.from(all))),
    fc.integer({ min: 0, max: 249 }).map(command),
    fc
      .tuple(fc.constantFrom("will", "wont", "do", "dont"), anyOption)
      .map(([verb, option]): TelnetMessage => ({ type: "negotiation", verb, option })),
    fc
      .tuple(anyOption, anyBytes)
      .map(([option, bytes]): TelnetMessage => ({ type: "subnegotiation", option, bytes })),
  ),
  telling: [0xff, 0xff, 0xff, 0xff, 0xfa, 0xf0, 0xfb, 0xfd, 0xfe, 0x01],
  streams: [
    hex("61 ff ff 62 ff fb 01 63 ff f9 ff ff"),
    hex("ff fa 18 01 ff f0 61 ff"),
    hex("ff fa 1f ff ff ff f0 ff fa 01 ff ff"),
    hex("ff ff ff ff ff fd ff ff ff ff"),
    hex("61 ff fa ff f0"),
    hex("61 ff fa 18 ff fb 01"),
  ],
  cutShort: "depends",
  sameForEveryCut: joinData,
  limit: {
    codec: telnet({ subnegotiationBytesMax: 5 }),
    option: "subnegotiationBytesMax",
    bytesMax: 5,
    framingBytes: 4,
    exactly: hex("ff fa 18 ff ff 61 62 ff f0"),
    oneMore: hex("ff fa 18 61 61 61 ff ff ff f0"),
  },
  invalid: ["ff fa ff f0", "ff fa 18 ff fb", "ff fa ff ff ff 61"].map(hex),
});

/** Chunk boundaries have no meaning. */
function joinData(messages: readonly TelnetMessage[]): TelnetMessage[] {
  const joined: TelnetMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.type === "data" && last?.type === "data") {
      joined[joined.length - 1] = data(concatBytes([last.bytes, message.bytes]));
    } else joined.push(message);
  }
  return joined;
}

/** Numbers, one per line, as text in canonical form. */
function numberOf(line: string): number {
  if (!/^(0|-?[1-9]\d{0,2})$/.test(line)) throw new RangeError(`${line.length} characters are no number`);
  return Number(line);
}

testRow({
  name: "a codec that was mapped: numbers of lines",
  codec: mapCodec(lines({ ending: "lf" }), { decode: numberOf, encode: String }),
  messages: [0, -12, 345],
  anyMessage: fc.integer({ min: -999, max: 999 }),
  telling: [...bytesOf("-01\n")],
  streams: ["1\n-2\n\n4", "07\n1\n", "x\n1\n2\n"].map(bytesOf),
  invalid: ["\n", "x\n", "01\n"].map(bytesOf),
  cutShort: "depends",
  limit: {
    codec: mapCodec(lines({ lineBytesMax: 3, ending: "lf" }), { decode: numberOf, encode: String }),
    option: "lineBytesMax",
    bytesMax: 3,
    framingBytes: 1,
    exactly: bytesOf("345\n"),
    oneMore: bytesOf("-345\n"),
  },
});
