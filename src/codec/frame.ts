/** Codecs by name, for every option that selects one. */
import { shown } from "../base/arguments.ts";
import { quote } from "../base/text/quote.ts";
import type { Codec } from "./codec.ts";
import { delimited } from "./delimited.ts";
import { fixed } from "./fixed.ts";
import { jsonText } from "./json-lines.ts";
import { lengthPrefixed } from "./length-prefixed.ts";
import { lines, type LineEncoding } from "./lines.ts";
import { netstring } from "./netstring.ts";
import { raw } from "./raw.ts";

type Framing = Codec<string | Uint8Array>;

interface FramingRow {
  /** A one-line description of how it delimits messages. */
  readonly brief: string;
  /** `parameter` is the text after the colon, if any. Returns `undefined` for an invalid one. */
  readonly create: (parameter: string, encoding: LineEncoding) => Framing | undefined;
}

/** By name, or by name, colon and parameter. */
const framings: Readonly<Record<string, FramingRow>> = {
  raw: { brief: "none: chunks as they arrive", create: () => raw() },
  lines: {
    brief: "lines of text, ended by LF or CR LF; sent with LF",
    create: (_, encoding) => lines({ encoding }),
  },
  lf: {
    brief: "lines of text, ended by LF alone",
    create: (_, encoding) => lines({ ending: "lf", encoding }),
  },
  crlf: {
    brief: "lines of text, ended by CR LF",
    create: (_, encoding) => lines({ ending: "crlf", encoding }),
  },
  json: { brief: "one JSON value per line", create: () => jsonText() },
  netstring: {
    brief: "a decimal length and a colon before each message, a comma after it",
    create: () => netstring(),
  },
  u8: { brief: "a length of one byte before each message", create: () => lengthPrefixed({ prefix: "u8" }) },
  u16be: {
    brief: "a length of two bytes before each message, big-endian",
    create: () => lengthPrefixed({ prefix: "u16be" }),
  },
  u16le: {
    brief: "a length of two bytes before each message, little-endian",
    create: () => lengthPrefixed({ prefix: "u16le" }),
  },
  u32be: {
    brief: "a length of four bytes before each message, big-endian",
    create: () => lengthPrefixed({ prefix: "u32be" }),
  },
  u32le: {
    brief: "a length of four bytes before each message, little-endian",
    create: () => lengthPrefixed({ prefix: "u32le" }),
  },
  varint: {
    brief: "a length of one to five bytes before each message, seven bits per byte (protobuf)",
    create: () => lengthPrefixed({ prefix: "varint" }),
  },
  "fixed:<bytes>": {
    brief: "messages of exactly this many bytes",
    create: (bytes) => (/^[1-9]\d{0,8}$/.test(bytes) ? fixed(Number(bytes)) : undefined),
  },
  "delim:<text>": {
    brief: "messages with this text between them",
    create: (text) => (text === "" ? undefined : delimited(text)),
  },
};

/** The names that `codecByName` accepts, each with a description. */
export const codecBriefs: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(framings).map(([form, { brief }]) => [form, brief]),
);

/** The names that `codecByName` accepts, for help and error messages. */
export const codecNames: readonly string[] = Object.keys(framings);

/**
 * The codec with a name: `raw`, `lines`, `lf`, `crlf`, `json` (its messages are the text of a value),
 * `netstring`, `u8` … `u32le`, `varint`, `fixed:<bytes>` or `delim:<text>`.
 *
 * `encoding` is the encoding of `lines`, `lf` and `crlf`. Default: UTF-8 strings.
 *
 * @throws {TypeError} for any other name; the message is one line and lists the names.
 */
export function codecByName(name: string, encoding: LineEncoding = "utf8"): Codec<string | Uint8Array> {
  if (typeof name !== "string") throw new TypeError(`codecByName: name: ${shown(name)} is not a string`);
  const colon = name.indexOf(":") + 1;
  for (const [form, { create }] of Object.entries(framings)) {
    const takesParameter = form.includes(":");
    const isMeant = takesParameter ? colon > 0 && form.startsWith(`${name.slice(0, colon)}<`) : form === name;
    const codec = isMeant ? create(name.slice(colon), encoding) : undefined;
    if (codec !== undefined) return codec;
  }
  throw new TypeError(`frame ${quote(name)} is none of ${codecNames.join(", ")}`);
}
