/**
 * Lines, as text or as bytes.
 *
 * A line is delimited first and then decoded as a whole, so no chunk boundary can split a character.
 * Only the line ending ends a line: NUL, form feed, U+2028 and all other characters are data.
 */
import { bytesToSend, flag, limit, oneOf, shown, wellFormed } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes, decodeLatin1, encodeLatin1, encodeText, indexOfByte, noBytes } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { quote } from "../base/text/quote.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** How the bytes of a line become a message; see `encoding` of `lines`. */
export type LineEncoding = "utf8" | "latin1" | "bytes";

/** Options of `lines`. */
export interface LinesOptions {
  /**
   * The line ending. `lf`: LF; a CR is data. `crlf`: CR LF; either of them alone is data. `either`, the
   * default: LF, including one CR before it; any other CR is data.
   */
  readonly ending?: "lf" | "crlf" | "either" | undefined;
  /** Keeps the ending on received lines. Default: `false`. */
  readonly keepEnds?: boolean | undefined;
  /**
   * How the bytes of a line become a string. `utf8`, the default: invalid bytes become U+FFFD. `latin1`:
   * each byte becomes one character from U+0000 to U+00FF, so no byte is lost.
   */
  readonly encoding?: "utf8" | "latin1" | undefined;
  /** Maximum length of a received line in bytes, without its ending. Default: 16384. `Infinity` disables it. */
  readonly lineBytesMax?: number | undefined;
}

/** Options of `lines` for lines as bytes. */
export interface ByteLinesOptions extends Omit<LinesOptions, "encoding"> {
  /** A line is a `Uint8Array`; it is not decoded. */
  readonly encoding: "bytes";
}

type Settings = {
  readonly [Option in keyof LinesOptions]-?: NonNullable<(LinesOptions | ByteLinesOptions)[Option]>;
};

const LF = 0x0a;
const CR = 0x0d;

/**
 * A codec for lines without their ending, as strings or as bytes.
 *
 * Strings are UTF-8 by default, and invalid bytes arrive as U+FFFD. Use `encoding: "bytes"` or
 * `"latin1"` to keep every byte. At the end of the stream, any bytes after the last ending are a line
 * too. Sent lines end in LF, or in CR LF with `ending: "crlf"` (RFC 854 and later mail and chat
 * protocols). With `keepEnds`, a message that includes its ending gets no second one. The limit applies
 * to received lines only.
 *
 * Decoding fails with `too-long` as soon as a line cannot end within the limit. Encoding throws a
 * TypeError for a line break inside a message, which would arrive as two. It also throws for a lone
 * surrogate, which UTF-8 cannot encode, and with `latin1` for a character beyond U+00FF. Every decoded
 * message can be encoded again.
 *
 * @throws {TypeError} for an invalid option.
 * @example
 * const codec = lines({ ending: "crlf" });
 * codec.encode("NICK ada"); // the bytes of "NICK ada\r\n"
 */
export function lines(options: ByteLinesOptions): Codec<Uint8Array, Uint8Array | string>;
export function lines(options?: LinesOptions): Codec<string>;
export function lines(options: LinesOptions | ByteLinesOptions): Codec<string | Uint8Array>;
export function lines(options: LinesOptions | ByteLinesOptions = {}): Codec<string | Uint8Array> {
  checkOptions("lines", options, {
    ending: true,
    keepEnds: true,
    encoding: true,
    lineBytesMax: true,
  });
  const settings: Settings = {
    ending: oneOf("lines: ending", options.ending ?? "either", ["lf", "crlf", "either"]),
    keepEnds: flag("lines: keepEnds", options.keepEnds ?? false),
    encoding: oneOf("lines: encoding", options.encoding ?? "utf8", ["utf8", "latin1", "bytes"]),
    lineBytesMax: limit("lines: lineBytesMax", options.lineBytesMax ?? limits.lineBytesMax.value),
  };
  return {
    name: "lines",
    decoder: () => lineDecoder(settings),
    encode: settings.encoding === "bytes" ? bytesEncoder(settings) : textEncoder(settings),
  };
}

/** Takes the first `count` bytes as a message. */
type Take = (bytes: ByteQueue, count: number) => string | Uint8Array;

const takers: Readonly<Record<LineEncoding, Take>> = {
  utf8: (bytes, count) => bytes.takeText(count),
  latin1: (bytes, count) => decodeLatin1(bytes.take(count)),
  bytes: (bytes, count) => bytes.take(count),
};

/**
 * A decoder of lines. Every connection has one, so its functions are shared: closures would take six
 * times the memory. They are own properties, as in other decoders, so that `{ ...decoder }` copies them.
 */
interface LineDecoder extends Decoder<string | Uint8Array> {
  readonly settings: Settings;
  /** The stream position before which no line ends. */
  searched: number;
}

function lineDecoder(settings: Settings): LineDecoder {
  return {
    ownsMessages: settings.encoding !== "bytes",
    settings,
    searched: 0,
    decode: decodeLine,
    end: lastLine,
  };
}

function decodeLine(this: LineDecoder, bytes: ByteQueue): string | Uint8Array | undefined {
  const { ending, keepEnds, encoding, lineBytesMax } = this.settings;
  let from = Math.max(0, this.searched - bytes.consumed);
  for (let lf = bytes.indexOf(LF, from); lf !== -1; lf = bytes.indexOf(LF, from)) {
    const afterCr = ending !== "lf" && isCrBefore(bytes, lf);
    if (afterCr || ending !== "crlf") {
      const length = afterCr ? lf - 1 : lf;
      if (length > lineBytesMax) throw tooLong(lineBytesMax);
      if (keepEnds) return takers[encoding](bytes, lf + 1);
      const line = takers[encoding](bytes, length);
      bytes.skip(lf + 1 - length);
      return line;
    }
    from = lf + 1;
  }
  this.searched = bytes.consumed + bytes.length;
  if (bytes.length > lineBytesMax) {
    // The byte beyond the limit may be the CR of a CR LF.
    const mayEnd = bytes.length === lineBytesMax + 1 && ending !== "lf" && isCrBefore(bytes, bytes.length);
    if (!mayEnd) throw tooLong(lineBytesMax);
  }
  return undefined;
}

function lastLine(this: LineDecoder, bytes: ByteQueue): string | Uint8Array | undefined {
  const { encoding, lineBytesMax } = this.settings;
  if (bytes.length === 0) return undefined;
  if (bytes.length > lineBytesMax) throw tooLong(lineBytesMax);
  return takers[encoding](bytes, bytes.length);
}

function isCrBefore(bytes: ByteQueue, offset: number): boolean {
  return offset > 0 && bytes.at(offset - 1) === CR;
}

function tooLong(lineBytesMax: number): CodecError {
  return new CodecError("too-long", `a line is longer than ${lineBytesMax} bytes`, {
    option: "lineBytesMax",
  });
}

/** The bytes that end a sent line. */
function endingsOf({ ending }: Settings): { readonly tail: Uint8Array; readonly crlf: Uint8Array } {
  const crlf = encodeText("\r\n");
  return { tail: ending === "crlf" ? crlf : encodeText("\n"), crlf };
}

function textEncoder(settings: Settings): (message: string | Uint8Array) => Uint8Array {
  const { ending, keepEnds, encoding } = settings;
  const lineBreak = ending === "crlf" ? "\r\n" : "\n";
  const { tail, crlf } = endingsOf(settings);
  const encoded = encoding === "utf8" ? utf8 : latin1;

  return (message) => {
    if (typeof message !== "string")
      throw new TypeError(`lines: a message is a string, not ${shown(message)}`);
    const found = message.indexOf(lineBreak);
    if (found === -1) {
      // With `either`, one CR before the LF counts as part of the ending; the message's own CR must not.
      const needsCr = ending === "either" && !keepEnds && message.endsWith("\r");
      return encoded(message, needsCr ? crlf : tail);
    }
    if (keepEnds && found + lineBreak.length === message.length) return encoded(message, noBytes);
    throw holdsLineBreak(quote(message));
  };
}

function utf8(message: string, tail: Uint8Array): Uint8Array {
  return encodeText(wellFormed("lines: message", message), tail);
}

function latin1(message: string, tail: Uint8Array): Uint8Array {
  const bytes = encodeLatin1(message, tail);
  if (bytes !== undefined) return bytes;
  throw new TypeError(`lines: ${quote(message)} has a character beyond U+00FF, which latin1 cannot encode`);
}

function bytesEncoder(settings: Settings): (message: string | Uint8Array) => Uint8Array {
  const { ending, keepEnds } = settings;
  const { tail, crlf } = endingsOf(settings);

  return (message) => {
    const line = bytesToSend("lines: message", message);
    let found = indexOfByte(line, LF, 0);
    while (found !== -1 && ending === "crlf" && line[found - 1] !== CR)
      found = indexOfByte(line, LF, found + 1);
    if (found === -1) {
      const needsCr = ending === "either" && !keepEnds && line.at(-1) === CR;
      return concatBytes([line, needsCr ? crlf : tail]);
    }
    if (keepEnds && found + 1 === line.length) return line;
    throw holdsLineBreak(typeof message === "string" ? quote(message) : `a message of ${line.length} bytes`);
  };
}

function holdsLineBreak(message: string): TypeError {
  return new TypeError(`lines: ${message} contains a line break: it would arrive as more than one line`);
}
