/**
 * Framings by name: one vocabulary for every option that says how messages are cut.
 */
import { quote } from "../base/quote.ts";
import type { Codec } from "./codec.ts";
import { delimited } from "./delimited.ts";
import { fixed } from "./fixed.ts";
import { jsonText } from "./json-lines.ts";
import { lengthPrefixed } from "./length-prefixed.ts";
import { lines } from "./lines.ts";
import { netstring } from "./netstring.ts";
import { raw } from "./raw.ts";

type Framing = Codec<string | Uint8Array>;

/** By name, or by the name before a colon; what stands behind the colon is then handed over. */
const framings: Readonly<Record<string, (parameter: string) => Framing | undefined>> = {
  raw,
  lines: () => lines(),
  lf: () => lines({ ending: "lf" }),
  crlf: () => lines({ ending: "crlf" }),
  json: jsonText,
  netstring: () => netstring(),
  u8: () => lengthPrefixed({ prefix: "u8" }),
  u16be: () => lengthPrefixed({ prefix: "u16be" }),
  u16le: () => lengthPrefixed({ prefix: "u16le" }),
  u32be: () => lengthPrefixed({ prefix: "u32be" }),
  u32le: () => lengthPrefixed({ prefix: "u32le" }),
  varint: () => lengthPrefixed({ prefix: "varint" }),
  "fixed:<bytes>": (bytes) => (/^[1-9]\d{0,8}$/.test(bytes) ? fixed(Number(bytes)) : undefined),
  "delim:<text>": (text) => (text === "" ? undefined : delimited(text)),
};

/** The forms that `codecByName` takes, as help and error messages list them. */
export const codecNames: readonly string[] = Object.keys(framings);

/**
 * The codec of a name: `raw`, `lines`, `lf`, `crlf`, `json` (whose messages are the
 * text of a value), `netstring`, `u8` … `u32le`, `varint`, `fixed:<bytes>` or
 * `delim:<text>`.
 *
 * @throws {TypeError} for any other; the message is one line and lists them.
 */
export function codecByName(name: string): Codec<string | Uint8Array> {
  const colon = name.indexOf(":") + 1;
  for (const form of codecNames) {
    const takesParameter = form.includes(":");
    const matches = takesParameter ? colon > 0 && form.startsWith(`${name.slice(0, colon)}<`) : form === name;
    const codec = matches ? framings[form]?.(name.slice(colon)) : undefined;
    if (codec !== undefined) return codec;
  }
  throw new TypeError(`frame ${quote(name)} is none of ${codecNames.join(", ")}`);
}
