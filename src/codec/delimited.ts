/**
 * Messages of any bytes, with a delimiter behind each.
 */
import { bytesToSend, flag, limit, shown, wellFormed } from "../base/arguments.ts";
import { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes, encodeText } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** Options of `delimited`. */
export interface DelimitedOptions {
  /** Leaves the delimiter on the message, as it came; off unless `true`. */
  readonly keepDelimiter?: boolean | undefined;
  /** The longest message that may come, in bytes without its delimiter; 8 MiB unless given. `Infinity` turns it off. */
  readonly messageBytesMax?: number | undefined;
}

/**
 * A codec for messages that end where `delimiter` first stands; it is not part of them.
 *
 * At the end of the stream, what stands behind the last delimiter is a message
 * too, if there is anything. Text is sent as UTF-8. The limit is for what comes,
 * not for what is sent. With `keepDelimiter` a message is sent as it stands: it
 * brings its delimiter, or is the last one.
 *
 * Decoding fails with `too-long` as soon as a message cannot end within the limit.
 * Encoding throws a TypeError for a message that would arrive cut: one that holds
 * the delimiter, or whose end makes one together with the delimiter's beginning
 * (`"ba"` before `"aa"`).
 *
 * @throws {TypeError} for an empty delimiter or a limit that is none.
 * @example
 * const codec = delimited("\0");
 * codec.encode("ping"); // the bytes of "ping\0"
 */
export function delimited(
  delimiter: string | Uint8Array,
  options: DelimitedOptions = {},
): Codec<Uint8Array, Uint8Array | string> {
  checkOptions("delimited", options, { keepDelimiter: true, messageBytesMax: true });
  const mark = ownDelimiter(delimiter);
  const messageBytesMax = limit(
    "delimited: messageBytesMax",
    options.messageBytesMax ?? limits.messageBytesMax.value,
  );
  const keep = flag("delimited: keepDelimiter", options.keepDelimiter ?? false);
  return {
    name: "delimited",
    decoder: () => delimitedDecoder(mark, messageBytesMax, keep),
    encode(message) {
      const payload = bytesToSend("delimited: message", message);
      if (keep) return payload;
      const framed = concatBytes([payload, mark]);
      const arriving = new ByteQueue();
      arriving.push(framed);
      if (arriving.indexOfBytes(mark) === payload.length) return framed;
      throw new TypeError(`delimited: the message makes a delimiter before its end: it would arrive cut`);
    },
  };
}

/** A copy, so that nobody can change it under a running decoder. */
function ownDelimiter(delimiter: unknown): Uint8Array {
  if (typeof delimiter !== "string" && !(delimiter instanceof Uint8Array)) {
    throw new TypeError(`delimited: delimiter: ${shown(delimiter)} is neither a string nor a Uint8Array`);
  }
  if (delimiter.length === 0)
    throw new TypeError("delimited: delimiter: it is empty, and must be at least one byte");
  if (typeof delimiter !== "string") return new Uint8Array(delimiter);
  return encodeText(wellFormed("delimited: delimiter", delimiter));
}

function delimitedDecoder(
  delimiter: Uint8Array,
  messageBytesMax: number,
  keep: boolean,
): Decoder<Uint8Array> {
  /** The stream position before which no delimiter begins. */
  let searched = 0;

  function tooLong(): CodecError {
    return new CodecError("too-long", `a message is longer than ${messageBytesMax} bytes`, {
      option: "messageBytesMax",
    });
  }

  return {
    decode(bytes) {
      const found = bytes.indexOfBytes(delimiter, Math.max(0, searched - bytes.consumed));
      if (found === -1) {
        // The last bytes, one fewer than the delimiter has, may be the beginning of one.
        searched = bytes.consumed + Math.max(0, bytes.length - delimiter.length + 1);
        if (bytes.length > messageBytesMax && !mayEnd(bytes, delimiter, messageBytesMax)) throw tooLong();
        return undefined;
      }
      if (found > messageBytesMax) throw tooLong();
      if (keep) return bytes.take(found + delimiter.length);
      const message = bytes.take(found);
      bytes.skip(delimiter.length);
      return message;
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      if (bytes.length > messageBytesMax) throw tooLong();
      return bytes.takeAll();
    },
  };
}

/** Whether a delimiter that begins at `latest` or before is still coming in. */
function mayEnd(bytes: ByteQueue, delimiter: Uint8Array, latest: number): boolean {
  for (let start = Math.max(0, bytes.length - delimiter.length + 1); start <= latest; start++) {
    let matched = 0;
    while (start + matched < bytes.length && bytes.at(start + matched) === delimiter[matched]) matched++;
    if (start + matched === bytes.length) return true;
  }
  return false;
}
