/**
 * The codecs, and what a codec is.
 */
export { CodecError } from "./codec.ts";
export type { Codec, Decoder } from "./codec.ts";
export { delimited, type DelimitedOptions } from "./delimited.ts";
export { codecByName } from "./frame.ts";
export { fixed } from "./fixed.ts";
export { lengthPrefixed, type LengthPrefixedOptions } from "./length-prefixed.ts";
export { lines, type LinesOptions } from "./lines.ts";
export { raw } from "./raw.ts";
