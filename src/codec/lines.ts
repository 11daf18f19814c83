/**
 * Lines of text.
 *
 * Text is UTF-8 and decoded a whole line at a time, so that no chunk border can
 * split a character. The ending decides alone where a line ends: NUL, form feed,
 * U+2028 and the rest are data.
 */
import { flag, limit, oneOf, shown } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";
import { encodeText } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { refuseUnknownOptions } from "../base/option-names.ts";
import { quote } from "../base/quote.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

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
  /** The longest line that may come, in bytes without its ending; 16384 unless given. `Infinity` turns it off. */
  readonly lineBytesMax?: number | undefined;
}

type Settings = { readonly [Option in keyof LinesOptions]-?: NonNullable<LinesOptions[Option]> };

const LF = 0x0a;
const CR = 0x0d;

/**
 * A codec for lines of UTF-8, as strings without their ending.
 *
 * What is not UTF-8 arrives as U+FFFD, and half of a surrogate pair is sent as
 * U+FFFD. At the end of the stream, what stands behind the last ending is a line
 * too, if there is anything. Sent lines end in LF, or in CR LF with
 * `ending: "crlf"` (RFC 854 and the mail and chat protocols after it); with
 * `keepEnds` a message that brings its ending gets no second one. The limit is
 * for what comes, not for what is sent.
 *
 * Decoding fails with `too-long` as soon as a line cannot end within the limit.
 * Encoding throws a TypeError for a message with a line break inside, which would
 * arrive as two; whatever was decoded can be encoded again.
 *
 * @throws {TypeError} for an option that is not as above.
 * @example
 * const codec = lines({ ending: "crlf" });
 * codec.encode("NICK ada"); // the bytes of "NICK ada\r\n"
 */
export function lines(options: LinesOptions = {}): Codec<string> {
  refuseUnknownOptions("lines", options, { ending: true, keepEnds: true, lineBytesMax: true });
  const settings: Settings = {
    ending: oneOf("lines: ending", options.ending ?? "either", ["lf", "crlf", "either"]),
    keepEnds: flag("lines: keepEnds", options.keepEnds ?? false),
    lineBytesMax: limit("lines: lineBytesMax", options.lineBytesMax ?? limits.lineBytesMax.value),
  };
  return {
    name: "lines",
    decoder: () => lineDecoder(settings),
    encode: lineEncoder(settings),
  };
}

function lineDecoder({ ending, keepEnds, lineBytesMax }: Settings): Decoder<string> {
  /** The stream position before which no line ends. */
  let searched = 0;

  function tooLong(): CodecError {
    return new CodecError("too-long", `a line is longer than ${lineBytesMax} bytes`, {
      option: "lineBytesMax",
    });
  }

  function isCrBefore(bytes: ByteQueue, offset: number): boolean {
    return ending !== "lf" && offset > 0 && bytes.at(offset - 1) === CR;
  }

  return {
    decode(bytes) {
      let from = Math.max(0, searched - bytes.consumed);
      for (let lf = bytes.indexOf(LF, from); lf !== -1; lf = bytes.indexOf(LF, from)) {
        const afterCr = isCrBefore(bytes, lf);
        if (afterCr || ending !== "crlf") {
          const length = afterCr ? lf - 1 : lf;
          if (length > lineBytesMax) throw tooLong();
          if (keepEnds) return bytes.takeText(lf + 1);
          const line = bytes.takeText(length);
          bytes.skip(lf + 1 - length);
          return line;
        }
        from = lf + 1;
      }
      searched = bytes.consumed + bytes.length;
      if (bytes.length > lineBytesMax) {
        // One byte too many may yet be the first half of the ending.
        const mayEnd = bytes.length === lineBytesMax + 1 && isCrBefore(bytes, bytes.length);
        if (!mayEnd) throw tooLong();
      }
      return undefined;
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      if (bytes.length > lineBytesMax) throw tooLong();
      return bytes.takeText(bytes.length);
    },
  };
}

function lineEncoder({ ending, keepEnds }: Settings): (message: string) => Uint8Array {
  const lineBreak = ending === "crlf" ? "\r\n" : "\n";
  const tail = encodeText(lineBreak);
  const crlf = encodeText("\r\n");

  return (message) => {
    if (typeof message !== "string")
      throw new TypeError(`lines: a message is a string, not ${shown(message)}`);
    const found = message.indexOf(lineBreak);
    if (found === -1) {
      // The one CR that is taken for a part of the ending must not be the message's own.
      if (ending === "either" && !keepEnds && message.endsWith("\r")) return encodeText(message, crlf);
      return encodeText(message, tail);
    }
    if (keepEnds && found + lineBreak.length === message.length) return encodeText(message);
    throw new TypeError(`lines: ${quote(message)} holds a line break: it would arrive as more than one line`);
  };
}
