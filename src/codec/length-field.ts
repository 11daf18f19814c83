/**
 * Formats of a length field.
 *
 * Reads and writes the number; the caller knows what it counts.
 */
import type { ByteQueue } from "../base/byte-queue.ts";

/** One format of a length field. */
export interface LengthField {
  readonly lengthMax: number;
  /**
   * The size in bytes of the field at `offset`, or `undefined` if it is incomplete.
   *
   * @throws {CodecError} `invalid` if the bytes are not a length in this format.
   */
  sizeAt(bytes: ByteQueue, offset: number): number | undefined;
  /** The length in the complete field at `offset`. */
  read(bytes: ByteQueue, offset: number, size: number): number;
  /** The size in bytes of the field for this length. */
  sizeFor(length: number): number;
  /** Writes the length into `target` at `offset`. */
  write(target: Uint8Array, offset: number, length: number): void;
}

// Arithmetic instead of shifts, which are signed and would make 0xffffffff -1.

/** An unsigned number of `size` bytes, big-endian. */
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

/** An unsigned number of `size` bytes, little-endian. */
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
