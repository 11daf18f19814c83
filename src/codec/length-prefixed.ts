/**
 * Messages with a length prefix.
 *
 *     | header        | length field | body                        |
 *     | offset bytes  | prefix       | length + adjustment bytes   |
 *       \___________________ message = header + body ___________/
 *
 * A message is the frame without its length field: the header, if any, and the body. The codec drops
 * only bytes that it writes again on sending, so you can send a received message unchanged.
 */
import { bytesToSend, limit, oneOf, shown, wholeNumber } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes, newBytes } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";
import { bigEndian, littleEndian, type LengthField } from "./length-field.ts";
import { varint } from "./varint.ts";

/** Options of `lengthPrefixed`. */
export interface LengthPrefixedOptions {
  /**
   * The format of the length: an unsigned number of 8, 16 or 32 bits, big- or little-endian, or a
   * protocol buffers varint of at most five bytes and 32 bits in its shortest form.
   */
  readonly prefix: "u8" | "u16be" | "u16le" | "u32be" | "u32le" | "varint";
  /** Number of header bytes before the length; they are the start of the message. Default: 0. */
  readonly offset?: number | undefined;
  /**
   * Added to the length to get the number of bytes after it. Default: 0. Negative if the length counts
   * more than the body: -4 for a `u32be` that counts itself. Positive if it counts less.
   */
  readonly adjustment?: number | undefined;
  /** Maximum length of a received message in bytes, header included. Default: 8 MiB. `Infinity` disables it. */
  readonly messageBytesMax?: number | undefined;
}

type Prefix = LengthPrefixedOptions["prefix"];

const lengthFields: Readonly<Record<Prefix, LengthField>> = {
  u8: bigEndian(1),
  u16be: bigEndian(2),
  u16le: littleEndian(2),
  u32be: bigEndian(4),
  u32le: littleEndian(4),
  varint,
};
const prefixes = Object.keys(lengthFields) as Prefix[];

interface Frame {
  readonly offset: number;
  readonly field: LengthField;
  readonly adjustment: number;
  readonly messageBytesMax: number;
}

/**
 * A codec for messages with a length prefix.
 *
 * Without `offset`, a message is the body. With it, a message is the `offset` bytes before the length,
 * followed by the body. Encoding inserts the length. A length of 0 is an empty message. Text is sent as
 * UTF-8. The limit applies to received messages only.
 *
 * Decoding fails with `too-long` as soon as the length is known, before it allocates memory for the
 * message. It fails with `invalid` if the adjusted length is negative, or a varint is not in its
 * shortest form. It fails with `truncated` if the stream ends inside a message; the error has the
 * number of missing bytes if the length is known. Encoding throws a TypeError if the message's length
 * does not fit the prefix.
 *
 * @throws {TypeError} for an invalid option.
 * @example
 * // PostgreSQL: a type, then a length that counts itself. A message is type and body.
 * const codec = lengthPrefixed({ prefix: "u32be", offset: 1, adjustment: -4 });
 * codec.encode("QSELECT 1\0"); // 51 00 00 00 0d 53 45 …
 */
export function lengthPrefixed(options: LengthPrefixedOptions): Codec<Uint8Array, Uint8Array | string> {
  checkOptions("lengthPrefixed", options, {
    prefix: true,
    offset: true,
    adjustment: true,
    messageBytesMax: true,
  });
  const { offset = 0, adjustment = 0, messageBytesMax = limits.messageBytesMax.value } = options;
  const prefix = oneOf("lengthPrefixed: prefix", options.prefix, prefixes);
  const frame: Frame = {
    field: lengthFields[prefix],
    offset: wholeNumber("lengthPrefixed: offset", offset, 0),
    adjustment: wholeNumberOfEitherSign("lengthPrefixed: adjustment", adjustment),
    messageBytesMax: limit("lengthPrefixed: messageBytesMax", messageBytesMax),
  };
  return {
    name: "length-prefixed",
    decoder: () => lengthPrefixedDecoder(frame),
    encode: (message) => encodeFrame(frame, prefix, bytesToSend("lengthPrefixed: message", message)),
  };
}

function wholeNumberOfEitherSign(option: string, value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number`);
}

function lengthPrefixedDecoder(frame: Frame): Decoder<Uint8Array> {
  const { field, offset } = frame;
  return {
    decode(bytes) {
      const size = field.sizeAt(bytes, offset);
      if (size === undefined) return undefined;
      const bodyBytes = checkedBodyBytes(frame, bytes, size);
      if (bytes.length < offset + size + bodyBytes) return undefined;
      if (offset === 0) {
        bytes.skip(size);
        return bytes.take(bodyBytes);
      }
      const header = bytes.take(offset);
      bytes.skip(size);
      return concatBytes([header, bytes.take(bodyBytes)]);
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      const size = field.sizeAt(bytes, offset);
      if (size === undefined) {
        throw new CodecError(
          "truncated",
          `the peer ended ${bytes.length} bytes into a message, before its length`,
        );
      }
      const frameBytes = offset + size + checkedBodyBytes(frame, bytes, size);
      throw new CodecError(
        "truncated",
        `the peer ended after ${bytes.length} of the ${frameBytes} bytes of a message and its length`,
        { missingBytes: frameBytes - bytes.length },
      );
    },
  };
}

/** The validated number of bytes after the length field. */
function checkedBodyBytes(frame: Frame, bytes: ByteQueue, size: number): number {
  const { field, offset, adjustment, messageBytesMax } = frame;
  const length = field.read(bytes, offset, size);
  const bodyBytes = length + adjustment;
  if (bodyBytes < 0) {
    throw new CodecError(
      "invalid",
      `a length prefix of ${length} is less than the ${-adjustment} that it counts`,
    );
  }
  if (offset + bodyBytes > messageBytesMax) {
    throw new CodecError(
      "too-long",
      `a message of ${offset + bodyBytes} bytes is announced, longer than ${messageBytesMax}`,
      { option: "messageBytesMax" },
    );
  }
  return bodyBytes;
}

function encodeFrame({ field, offset, adjustment }: Frame, prefix: Prefix, message: Uint8Array): Uint8Array {
  const length = message.length - offset - adjustment;
  if (message.length < offset) {
    throw new TypeError(
      `lengthPrefixed: a message of ${message.length} bytes is shorter than its header of ${offset}`,
    );
  }
  if (length < 0 || length > field.lengthMax) {
    throw new TypeError(
      `lengthPrefixed: a message of ${message.length} bytes needs the length ${length}, which ${prefix} cannot hold`,
    );
  }
  const size = field.sizeFor(length);
  const framed = newBytes(message.length + size);
  framed.set(offset === 0 ? message : message.subarray(offset), offset + size);
  for (let index = 0; index < offset; index++) framed[index] = message[index] as number;
  field.write(framed, offset, length);
  return framed;
}
