/**
 * The codecs, and what a codec is.
 */
export { CodecError } from "./codec.ts";
export type { Codec, Decoder } from "./codec.ts";
export { delimited, type DelimitedOptions } from "./delimited.ts";
export { codecByName, codecNames } from "./frame.ts";
export { fixed } from "./fixed.ts";
export { jsonLines, type JsonLinesOptions } from "./json-lines.ts";
export { lengthPrefixed, type LengthPrefixedOptions } from "./length-prefixed.ts";
export { lines, type LinesOptions } from "./lines.ts";
export { netstring, type NetstringOptions } from "./netstring.ts";
export { raw } from "./raw.ts";
