/** The codecs whose result must not depend on the cuts, one row each. A new codec is a row. */
import {
  delimited,
  fixed,
  jsonLines,
  lengthPrefixed,
  lines,
  netstring,
  raw,
  telnet,
  type Codec,
  type LengthPrefixedOptions,
} from "../../src/index.ts";
import {
  addBytes,
  addBytesMessage,
  addJsonMessage,
  addTelnetMessage,
  addTextMessage,
  type AddMessage,
} from "./fingerprint.ts";

/** One codec, with a limit so small that streams of some bytes reach it. */
export interface CodecRow<In = unknown, Out = In> {
  readonly name: string;
  readonly codec: Codec<In, Out>;
  readonly add: AddMessage<In>;
  /** Significant bytes of the framing; streams have many of them. */
  readonly telling: readonly number[];
  /** Valid or nearly valid pieces. */
  readonly pieces: readonly Uint8Array[];
  /** The most that may be held for an incomplete message: the limit and the framing. */
  readonly heldBytesMax: number;
}

const messageBytesMax = 8;
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const codes = (text: string): number[] => [...bytesOf(text)];

function row<In, Out>(of: CodecRow<In, Out>): CodecRow {
  return of as unknown as CodecRow;
}

const lineRows = (["lf", "crlf", "either"] as const).flatMap((ending) =>
  [false, true].map((keepEnds) =>
    row({
      name: `lines, ${ending}${keepEnds ? ", ends kept" : ""}`,
      codec: lines({ ending, keepEnds, lineBytesMax: messageBytesMax }),
      add: addTextMessage,
      telling: codes("\r\n\r\n\0a\xc3\xa9\xef\xbb\xbf"),
      pieces: ["a\r\n", "\n", "\xe2\x82\xac\n", "12345678\r\n", "\xf0\x9f\x98\x80"].map(bytesOf),
      heldBytesMax: messageBytesMax + 1,
    }),
  ),
);

const delimitedRows = ["\0", "aab", "\r\n.\r\n"].map((delimiter) =>
  row({
    name: `delimited by ${JSON.stringify(delimiter)}`,
    codec: delimited(delimiter, { messageBytesMax }),
    add: addBytesMessage,
    telling: [...codes(delimiter), ...codes(delimiter), 0x78],
    pieces: [bytesOf(delimiter), bytesOf(`x${delimiter}`), bytesOf(`12345678${delimiter}`)],
    heldBytesMax: messageBytesMax + delimiter.length - 1,
  }),
);

const prefixOptions: readonly LengthPrefixedOptions[] = [
  { prefix: "u8" },
  { prefix: "u16be" },
  { prefix: "u16le" },
  { prefix: "u32be" },
  { prefix: "u32le" },
  { prefix: "varint" },
  { prefix: "u32be", offset: 1, adjustment: -4 },
  { prefix: "varint", offset: 1 },
  { prefix: "u16le", adjustment: 2 },
];

const lengthPrefixedRows = prefixOptions.map((options) => {
  const { prefix, offset = 0, adjustment = 0 } = options;
  const codec = lengthPrefixed({ ...options, messageBytesMax });
  const least = Math.max(offset, offset + adjustment);
  return row({
    name: `length-prefixed, ${Object.values(options).join(" ")}`,
    codec,
    add: addBytesMessage,
    telling: [0, 0, 0, 1, 2, 4, 8, 9, 0x80, 0xff],
    pieces: [least, least + 1, messageBytesMax].map((size) => codec.encode(new Uint8Array(size).fill(0x61))),
    // All of the frame but its last byte, at most.
    heldBytesMax: messageBytesMax + (prefix === "varint" ? 5 : Number(/\d+/.exec(prefix)) / 8),
  });
});

export const codecRows: readonly CodecRow[] = [
  row({
    name: "raw",
    codec: raw(),
    add: addBytes,
    telling: [0, 0x0a],
    pieces: [bytesOf("any")],
    heldBytesMax: 0,
  }),
  ...lineRows,
  ...delimitedRows,
  row({
    name: "fixed",
    codec: fixed(3),
    add: addBytesMessage,
    telling: [0],
    pieces: [bytesOf("abc")],
    heldBytesMax: 2,
  }),
  ...lengthPrefixedRows,
  row({
    name: "netstring",
    codec: netstring({ messageBytesMax }),
    add: addBytesMessage,
    telling: codes("0123489::,,"),
    pieces: ["0:,", "3:abc,", "8:12345678,", "1:,,"].map(bytesOf),
    heldBytesMax: messageBytesMax + 3,
  }),
  row({
    name: "JSON lines",
    codec: jsonLines({ messageBytesMax, nestingMax: 2 }),
    add: addJsonMessage,
    telling: codes('[]{}":,1 \n\r\n\xc3\xa9'),
    pieces: ["1\n", '{"a":1}\n', "[[1]]\r\n", '"\xc3\xa9"\n', "null\n"].map(bytesOf),
    heldBytesMax: messageBytesMax,
  }),
  row({
    name: "telnet",
    codec: telnet({ subnegotiationBytesMax: messageBytesMax }),
    add: addTelnetMessage,
    telling: [0xff, 0xff, 0xff, 0xfa, 0xf0, 0xfb, 0xfc, 0xfd, 0xfe, 0xf6, 0x1f, 0x0d, 0x00, 0x61],
    pieces: [
      "\xff\xfd\x1f",
      "\xff\xff",
      "\xff\xfa\x1f\0P\0\x18\xff\xf0",
      "\xff\xfa\x18\xff\xff\xff\xf0",
      "\r\n",
    ].map(bytesOf),
    heldBytesMax: messageBytesMax + 3,
  }),
];
