/** Messages of arbitrary bytes that end with a delimiter. */
import { bytesToSend, flag, limit, shown, wellFormed } from "../base/arguments.ts";
import { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes, encodeText } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** Options of `delimited`. */
export interface DelimitedOptions {
  /** Keeps the delimiter on received messages. Default: `false`. */
  readonly keepDelimiter?: boolean | undefined;
  /** Maximum length of a received message in bytes, without its delimiter. Default: 8 MiB. `Infinity` disables it. */
  readonly messageBytesMax?: number | undefined;
}

/**
 * A codec for messages that end at the first `delimiter`, which is not part of them.
 *
 * At the end of the stream, any bytes after the last delimiter are a message too. Text is sent as
 * UTF-8. The limit applies to received messages only. With `keepDelimiter`, messages are sent
 * unchanged: each must include its delimiter, unless it is the last one.
 *
 * Decoding fails with `too-long` as soon as a message cannot end within the limit. Encoding throws a
 * TypeError for a message that would arrive split: one that contains the delimiter, or forms one
 * together with the delimiter that follows it (`"ba"` before `"aa"`).
 *
 * @throws {TypeError} for an empty delimiter or an invalid limit.
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
      throw new TypeError(`delimited: the message contains the delimiter: it would arrive split`);
    },
  };
}

/** A copy, so that the caller cannot change the delimiter of a running decoder. */
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
        // The last bytes, up to one fewer than the delimiter's length, may be the start of one.
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

/** Whether the last bytes may be the start of a delimiter that begins at `latest` or before. */
function mayEnd(bytes: ByteQueue, delimiter: Uint8Array, latest: number): boolean {
  for (let start = Math.max(0, bytes.length - delimiter.length + 1); start <= latest; start++) {
    let matched = 0;
    while (start + matched < bytes.length && bytes.at(start + matched) === delimiter[matched]) matched++;
    if (start + matched === bytes.length) return true;
  }
  return false;
}
