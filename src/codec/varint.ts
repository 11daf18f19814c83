/**
 * The varint of protocol buffers, as a length: unsigned LEB128, seven bits per byte, lowest first, the
 * top bit set on all bytes but the last (https://protobuf.dev/programming-guides/encoding/#varints).
 *
 * Protocol buffers accept padding and drop bits beyond 64. Here a length has one encoding and 32 bits,
 * so that two decoders cannot disagree on where a message ends.
 */
import { CodecError } from "./codec.ts";
import type { LengthField } from "./length-field.ts";

const sizeMax = 5;
/** The bits of a 32-bit number that remain for the fifth byte. */
const lastByteMax = 0x0f;

export const varint: LengthField = {
  lengthMax: 2 ** 32 - 1,

  sizeAt(bytes, offset) {
    for (let index = 0; index < sizeMax; index++) {
      const byte = bytes.at(offset + index);
      if (byte === -1) return undefined;
      if (index === sizeMax - 1 && byte > lastByteMax) {
        throw new CodecError("invalid", "a length prefix (varint) has more than 32 bits");
      }
      if (byte === 0 && index > 0) {
        throw new CodecError("invalid", "a length prefix (varint) is not in its shortest form");
      }
      if (byte < 0x80) return index + 1;
    }
    return undefined;
  },

  read(bytes, offset, size) {
    let length = 0;
    for (let index = size - 1; index >= 0; index--) length = length * 128 + (bytes.at(offset + index) % 128);
    return length;
  },

  sizeFor(length) {
    let size = 1;
    for (let left = length; left >= 128; left = Math.floor(left / 128)) size++;
    return size;
  },

  write(target, offset, length) {
    let position = offset;
    let left = length;
    for (; left >= 128; left = Math.floor(left / 128)) target[position++] = (left % 128) + 128;
    target[position] = left;
  },
};
