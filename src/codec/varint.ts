/**
 * The varint of protocol buffers, as a length: unsigned LEB128, seven bits a byte,
 * lowest first, the top bit set on all bytes but the last
 * (https://protobuf.dev/programming-guides/encoding/#varints).
 *
 * Stricter than protocol buffers themselves, which read any padding and drop what
 * is beyond 64 bits: here a length has one spelling and 32 bits, so that no two
 * readers of the same bytes can disagree on where a message ends.
 */
import { CodecError } from "./codec.ts";
import type { LengthField } from "./length-field.ts";

const sizeMax = 5;
/** What 32 bits leave for the fifth byte. */
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
        throw new CodecError("invalid", "a length prefix (varint) is longer than its number needs");
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
