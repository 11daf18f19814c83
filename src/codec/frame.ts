/**
 * Framings by name: one vocabulary for every option that says how messages are cut.
 */
import { quote } from "../base/quote.ts";
import type { Codec } from "./codec.ts";
import { delimited } from "./delimited.ts";
import { fixed } from "./fixed.ts";
import { lengthPrefixed } from "./length-prefixed.ts";
import { lines } from "./lines.ts";
import { raw } from "./raw.ts";

const framings: Readonly<Record<string, () => Codec<string | Uint8Array>>> = {
  raw,
  lines,
  lf: () => lines({ ending: "lf" }),
  crlf: () => lines({ ending: "crlf" }),
  u8: () => lengthPrefixed({ prefix: "u8" }),
  u16be: () => lengthPrefixed({ prefix: "u16be" }),
  u16le: () => lengthPrefixed({ prefix: "u16le" }),
  u32be: () => lengthPrefixed({ prefix: "u32be" }),
  u32le: () => lengthPrefixed({ prefix: "u32le" }),
  varint: () => lengthPrefixed({ prefix: "varint" }),
};

/**
 * The codec of a name: `raw`, `lines`, `lf`, `crlf`, `u8` … `u32le`, `varint`,
 * `fixed:<bytes>` or `delim:<text>`.
 *
 * @throws {TypeError} for any other; the message is one line and lists them.
 */
export function codecByName(name: string): Codec<string | Uint8Array> {
  if (Object.hasOwn(framings, name)) return (framings[name] as () => Codec<string | Uint8Array>)();
  if (name.startsWith("delim:") && name.length > 6) return delimited(name.slice(6));
  if (/^fixed:[1-9]\d{0,8}$/.test(name)) return fixed(Number(name.slice(6)));
  const known = [...Object.keys(framings), "fixed:<bytes>", "delim:<text>"].join(", ");
  throw new TypeError(`frame ${quote(name)} is none of ${known}`);
}
