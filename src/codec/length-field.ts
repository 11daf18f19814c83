/**
 * Ways to write a length in front of a message.
 *
 * Reads and writes the number; what it counts is the business of whoever asks.
 */
import type { ByteQueue } from "../base/byte-queue.ts";

/** One way to write a length. */
export interface LengthField {
  /** The largest length that can be written. */
  readonly lengthMax: number;
  /**
   * How many bytes the field at `offset` takes, or `undefined` while it is not all there.
   *
   * @throws {CodecError} `invalid` if no length is written like that.
   */
  sizeAt(bytes: ByteQueue, offset: number): number | undefined;
  /** The length in the field at `offset`, which is all there. */
  read(bytes: ByteQueue, offset: number, size: number): number;
  /** How many bytes the field takes for this length. */
  sizeFor(length: number): number;
  /** Writes the length into `target` at `offset`. */
  write(target: Uint8Array, offset: number, length: number): void;
}

// Arithmetic instead of shifts: those are signed and would make 0xffffffff -1.

/** An unsigned number of `size` bytes, the highest first. */
export function bigEndian(size: number): LengthField {
  return {
    ...ofSize(size),
    read(bytes, offset) {
      let length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + bytes.at(offset + index);
      return length;
    },
    write(target, offset, length) {
      let left = length;
      for (let index = size - 1; index >= 0; index--) {
        target[offset + index] = left % 256;
        left = Math.floor(left / 256);
      }
    },
  };
}

/** An unsigned number of `size` bytes, the lowest first. */
export function littleEndian(size: number): LengthField {
  return {
    ...ofSize(size),
    read(bytes, offset) {
      let length = 0;
      for (let index = size - 1; index >= 0; index--) length = length * 256 + bytes.at(offset + index);
      return length;
    },
    write(target, offset, length) {
      let left = length;
      for (let index = 0; index < size; index++) {
        target[offset + index] = left % 256;
        left = Math.floor(left / 256);
      }
    },
  };
}

function ofSize(size: number): Pick<LengthField, "lengthMax" | "sizeAt" | "sizeFor"> {
  return {
    lengthMax: 256 ** size - 1,
    sizeAt: (bytes, offset) => (bytes.length < offset + size ? undefined : size),
    sizeFor: () => size,
  };
}
