/** Codecs, and the contract of a codec. */
export { CodecError } from "./codec.ts";
export type { Codec, Decoder } from "./codec.ts";
export { delimited, type DelimitedOptions } from "./delimited.ts";
export { codecByName, codecBriefs, codecNames } from "./frame.ts";
export { fixed } from "./fixed.ts";
export { jsonLines, type JsonLinesOptions } from "./json-lines.ts";
export type { Layer } from "./layer.ts";
export { lengthPrefixed, type LengthPrefixedOptions } from "./length-prefixed.ts";
export { lines, type ByteLinesOptions, type LineEncoding, type LinesOptions } from "./lines.ts";
export { mapCodec, type CodecMapping } from "./map-codec.ts";
export { netstring, type NetstringOptions } from "./netstring.ts";
export { headerChecks } from "./proxy-protocol/check.ts";
export { proxyHeaderDecoder, type ProxyHeaderOptions } from "./proxy-protocol/decoder.ts";
export { encodeProxyHeader } from "./proxy-protocol/encode.ts";
export type { ProxyHeader, ProxyHeaderToSend, ProxyTls, ProxyTlv } from "./proxy-protocol/header.ts";
export { raw } from "./raw.ts";
export { telnet, type TelnetMessage, type TelnetOptions, type TelnetVerb } from "./telnet/telnet.ts";
export type { TelnetAllowed, TelnetSide } from "./telnet/agreements.ts";
export { telnetCommands, telnetOptions, type TelnetOption } from "./telnet/names.ts";
export {
  createTelnetSession,
  type TelnetEvent,
  type TelnetSession,
  type TelnetSessionOptions,
  type TelnetWindow,
} from "./telnet/session.ts";
