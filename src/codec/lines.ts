/**
 * Lines, as text or as bytes.
 *
 * A line is cut out first and decoded whole, so that no chunk border can split a
 * character. The ending decides alone where a line ends: NUL, form feed,
 * U+2028 and the rest are data.
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
   * What ends a line. `lf`: LF; a CR is data. `crlf`: CR LF together; either of
   * them alone is data. `either`, the default: LF, and one CR before it belongs to
   * the ending; any other CR is data.
   */
  readonly ending?: "lf" | "crlf" | "either" | undefined;
  /** Leaves the ending on the message, as it came; off unless `true`. */
  readonly keepEnds?: boolean | undefined;
  /**
   * How the bytes of a line become a string. `utf8`, the default: bytes that are not UTF-8 are
   * replaced by U+FFFD. `latin1`: one character from U+0000 to U+00FF for each byte, so that no
   * byte is changed.
   */
  readonly encoding?: "utf8" | "latin1" | undefined;
  /** The longest line that may come, in bytes without its ending; 16384 unless given. `Infinity` turns it off. */
  readonly lineBytesMax?: number | undefined;
}

/** Options of `lines` for lines that are bytes. */
export interface ByteLinesOptions extends Omit<LinesOptions, "encoding"> {
  /** A line is a `Uint8Array`; nothing is decoded. */
  readonly encoding: "bytes";
}

type Settings = {
  readonly [Option in keyof LinesOptions]-?: NonNullable<(LinesOptions | ByteLinesOptions)[Option]>;
};

const LF = 0x0a;
const CR = 0x0d;

/**
 * A codec for lines, as strings without their ending, or as bytes.
 *
 * Strings are UTF-8 unless `encoding` says otherwise: what is not UTF-8 arrives as
 * U+FFFD. Use `encoding: "bytes"` or `"latin1"` where no byte may change. At the end of the
 * stream, what stands behind the last ending is a line too, if there is anything. Sent lines end in LF, or in CR LF with
 * `ending: "crlf"` (RFC 854 and the mail and chat protocols after it); with
 * `keepEnds` a message that brings its ending gets no second one. The limit is
 * for what comes, not for what is sent.
 *
 * Decoding fails with `too-long` as soon as a line cannot end within the limit.
 * Encoding throws a TypeError for a message with a line break inside, which would
 * arrive as two, for half of a surrogate pair, which UTF-8 cannot carry, and with `latin1`
 * for a character past U+00FF. Whatever was decoded can be encoded again.
 *
 * @throws {TypeError} for an option that is not as above.
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
 * A decoder of lines. There is one for each connection, so its functions are shared: closures would take six times the
 * memory. They are its own properties, as those of other decoders are, so that `{ ...decoder }` has them too.
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
    // One byte too many may yet be the first half of the ending.
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

/** How a message ends on the network. */
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
      // The one CR that is taken for a part of the ending must not be the message's own.
      const mendsCr = ending === "either" && !keepEnds && message.endsWith("\r");
      return encoded(message, mendsCr ? crlf : tail);
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
  throw new TypeError(`lines: ${quote(message)} has a character past U+00FF, which latin1 cannot carry`);
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
      const mendsCr = ending === "either" && !keepEnds && line.at(-1) === CR;
      return concatBytes([line, mendsCr ? crlf : tail]);
    }
    if (keepEnds && found + 1 === line.length) return line;
    throw holdsLineBreak(typeof message === "string" ? quote(message) : `a message of ${line.length} bytes`);
  };
}

function holdsLineBreak(message: string): TypeError {
  return new TypeError(`lines: ${message} holds a line break: it would arrive as more than one line`);
}
