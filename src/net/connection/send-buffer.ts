/**
 * Bytes that wait to be sent, in the order of writing.
 *
 * A piece is a view of the writer's memory, or a copy in memory of the buffer. Small pieces are always
 * copied into shared blocks. A view costs more memory than they do, so a writer of single bytes could
 * otherwise use a hundred times its limit. Large pieces are copied only when the writer gets its memory
 * back (`own`).
 */
import { noBytes } from "../../base/bytes.ts";

/** Below this size, a copy costs less than a view. */
const mergeBelowBytes = 4_096;
/** Copies up to this size share a block. */
const blockShareBytesMax = 16_384;
const blockBytesMin = 1_024;
const blockBytesMax = 65_536;

interface Piece {
  bytes: Uint8Array;
  /** Its length when it was written; `bytes` is empty if its buffer has been transferred since. */
  size: number;
  /** Whether the memory belongs to the buffer. */
  owned: boolean;
}

/** The result of `take`: pieces, and whether none of them is the writer's memory. */
export interface Batch {
  readonly pieces: Uint8Array[];
  readonly owned: boolean;
}

export class SendBuffer {
  #pieces: Piece[] = [];
  /** Index of the first piece that still waits. */
  #first = 0;
  #length = 0;
  /** The block that copies go into, the number of bytes used, and the start of the bytes that no piece covers yet. */
  #block: Uint8Array = noBytes;
  #used = 0;
  #unsealedFrom = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends bytes. Unless `copied` is set, a large piece stays the writer's memory. */
  push(bytes: Uint8Array, copied: boolean): void {
    const { length } = bytes;
    if (length === 0) return;
    this.#length += length;
    if (length < mergeBelowBytes || (copied && length <= blockShareBytesMax)) this.#merge(bytes);
    else {
      this.#seal();
      // Not `slice`, which for a Buffer returns another view.
      this.#pieces.push({ bytes: copied ? new Uint8Array(bytes) : bytes, size: length, owned: copied });
    }
  }

  /**
   * Ensures that none of the first `count` bytes is the writer's memory. Returns `false` if the buffer of
   * some of them has been transferred.
   */
  own(count: number): boolean {
    if (!this.#has(count)) return false;
    let left = count;
    for (let index = this.#first; left > 0 && index < this.#pieces.length; index++) {
      const piece = this.#pieces[index] as Piece;
      left -= piece.size;
      if (piece.owned) continue;
      piece.bytes = new Uint8Array(piece.bytes);
      piece.owned = true;
    }
    return true;
  }

  /**
   * Takes the first `count` bytes; the buffer must hold that many. Returns `undefined` and takes nothing if
   * the writer has transferred the memory of some of them.
   */
  take(count: number): Batch | undefined {
    this.#seal();
    if (!this.#has(count)) return undefined;
    const pieces: Uint8Array[] = [];
    let owned = true;
    let left = count;
    while (left > 0) {
      const piece = this.#pieces[this.#first] as Piece;
      owned &&= piece.owned;
      if (piece.size > left) {
        pieces.push(piece.bytes.subarray(0, left));
        piece.bytes = piece.bytes.subarray(left);
        piece.size -= left;
        break;
      }
      left -= piece.size;
      pieces.push(piece.bytes);
      this.#pieces[this.#first++] = spent;
    }
    this.#length -= count;
    if (this.#length === 0) this.clear();
    else this.#compact();
    return { pieces, owned };
  }

  clear(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#length = 0;
    this.#block = noBytes;
    this.#used = 0;
    this.#unsealedFrom = 0;
  }

  /** Whether the memory of the first `count` bytes still exists. */
  #has(count: number): boolean {
    let left = count;
    for (let index = this.#first; left > 0 && index < this.#pieces.length; index++) {
      const piece = this.#pieces[index] as Piece;
      if (piece.bytes.length !== piece.size) return false;
      left -= piece.size;
    }
    return true;
  }

  #merge(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#used + length > this.#block.length) {
      this.#seal();
      // Doubling, so that a short queue uses little memory.
      const size = Math.min(Math.max(blockBytesMin, this.#block.length * 2), blockBytesMax);
      this.#block = new Uint8Array(Math.max(size, length));
      this.#used = 0;
      this.#unsealedFrom = 0;
    }
    this.#block.set(bytes, this.#used);
    this.#used += length;
  }

  /** Makes a piece of the bytes copied since the last one. Not done on every write, because a view has a cost. */
  #seal(): void {
    if (this.#unsealedFrom === this.#used) return;
    const bytes = this.#block.subarray(this.#unsealedFrom, this.#used);
    this.#pieces.push({ bytes, size: bytes.length, owned: true });
    this.#unsealedFrom = this.#used;
  }

  /** Removes consumed pieces once they are half of the list, so that the cost per piece stays constant. */
  #compact(): void {
    if (this.#first < 64 || this.#first * 2 < this.#pieces.length) return;
    this.#pieces.splice(0, this.#first);
    this.#first = 0;
  }
}

const spent: Piece = { bytes: noBytes, size: 0, owned: true };
