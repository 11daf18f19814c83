/**
 * Netstrings: messages with a decimal length in front.
 *
 *     5:hello,
 *
 * Daniel J. Bernstein's format (https://cr.yp.to/proto/netstrings.txt). It is readable for people and
 * parsed without a search.
 */
import { bytesToSend, limit } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes, encodeText } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** Options of `netstring`. */
export interface NetstringOptions {
  /** Maximum length of a received message in bytes. Default: 8 MiB. `Infinity` disables it. */
  readonly messageBytesMax?: number | undefined;
}

const digit0 = 0x30;
const digit9 = 0x39;
const colon = 0x3a;
const comma = 0x2c;
const end = encodeText(",");

/**
 * A codec for netstrings: arbitrary bytes, including empty messages. Text is sent as UTF-8. The limit
 * applies to received messages only.
 *
 * A length has one spelling, without leading zeros, so that two decoders cannot disagree on where a
 * message ends. Decoding fails with `too-long` as soon as the length exceeds the limit, before it
 * allocates memory for the message. It fails with `invalid` for a malformed length or a missing comma,
 * and with `truncated` if the stream ends inside a message.
 *
 * @throws {TypeError} for an invalid limit.
 * @example
 * netstring().encode("hello"); // the bytes of "5:hello,"
 */
export function netstring(options: NetstringOptions = {}): Codec<Uint8Array, Uint8Array | string> {
  checkOptions("netstring", options, { messageBytesMax: true });
  const messageBytesMax = limit(
    "netstring: messageBytesMax",
    options.messageBytesMax ?? limits.messageBytesMax.value,
  );
  return {
    name: "netstring",
    decoder: () => netstringDecoder(messageBytesMax),
    encode(message) {
      const payload = bytesToSend("netstring: message", message);
      return concatBytes([encodeText(`${payload.length}:`), payload, end]);
    },
  };
}

function netstringDecoder(messageBytesMax: number): Decoder<Uint8Array> {
  return {
    decode(bytes) {
      const header = readHeader(bytes, messageBytesMax);
      if (header === undefined) return undefined;
      const { size, length } = header;
      if (bytes.length <= size + length) return undefined;
      if (bytes.at(size + length) !== comma) {
        throw new CodecError("invalid", `no comma follows the ${length} bytes of a netstring`);
      }
      bytes.skip(size);
      const message = bytes.take(length);
      bytes.skip(1);
      return message;
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      const header = readHeader(bytes, messageBytesMax);
      if (header === undefined) {
        throw new CodecError("truncated", "the peer ended inside the length of a netstring");
      }
      const framedBytes = header.size + header.length + 1;
      throw new CodecError(
        "truncated",
        `the peer ended after ${bytes.length} of the ${framedBytes} bytes of a netstring`,
        { missingBytes: framedBytes - bytes.length },
      );
    },
  };
}

interface Header {
  /** Bytes of the length and its colon. */
  readonly size: number;
  readonly length: number;
}

/** The length at the front, or `undefined` if it is incomplete. */
function readHeader(bytes: ByteQueue, messageBytesMax: number): Header | undefined {
  let length = 0;
  for (let offset = 0; ; offset++) {
    const byte = bytes.at(offset);
    if (byte === -1) return undefined;
    if (byte === colon && offset > 0) return { size: offset + 1, length };
    if (byte < digit0 || byte > digit9) {
      throw new CodecError("invalid", "a netstring does not begin with its length and a colon");
    }
    if (offset === 1 && length === 0) {
      throw new CodecError("invalid", "the length of a netstring begins with a zero");
    }
    length = length * 10 + (byte - digit0);
    // Further digits can only increase it.
    if (length > Math.min(messageBytesMax, Number.MAX_SAFE_INTEGER)) {
      throw new CodecError("too-long", `a netstring longer than ${messageBytesMax} bytes is announced`, {
        option: "messageBytesMax",
      });
    }
  }
}
