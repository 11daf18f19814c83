/**
 * A queue of chunks that is read as if it were one array.
 *
 * Knows nothing of messages. A position in the stream is counted from its very
 * first byte (`consumed + offset`), so that whoever scans for a delimiter can
 * remember how far it looked, whoever else takes bytes in between.
 */
import { byteArray, shown, wholeNumber } from "./arguments.ts";
import { decodeText, indexOfByte, noBytes } from "./bytes.ts";

/**
 * A chunk shorter than this is copied behind what waits, rather than queued: a
 * view costs some hundred bytes of memory, so that a peer who sends single bytes
 * could make a queue take a hundred times what was sent.
 */
const mergeBelowBytes = 512;
/** When a block of merged chunks is full and holds less than this, it moves to one of twice the size. */
const mergedBytesMin = 4096;

/** Chunks in the order they came, read from the front. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk that still has bytes; those before it are spent. */
  #first = 0;
  /** Bytes already taken from the first chunk. */
  #offset = 0;
  #length = 0;
  #consumed = 0;
  /** The memory of which the newest chunk is the filled part, if the queue owns it. */
  #owned: Uint8Array = noBytes;
  /** Where the chunk that `#locate` found begins, counted from the front. */
  #located = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes were ever taken: the stream position of the front. */
  get consumed(): number {
    return this.#consumed;
  }

  /**
   * Adds a chunk at the end. The queue keeps the view, unless it is a small one
   * behind others, which is copied.
   */
  push(chunk: Uint8Array): void {
    byteArray("push: chunk", chunk);
    if (chunk.length === 0) return;
    if (this.#length > 0 && chunk.length < mergeBelowBytes) {
      this.#merge(chunk);
    } else {
      this.#chunks.push(chunk);
      this.#owned = noBytes;
    }
    this.#length += chunk.length;
  }

  /** Puts a small chunk behind the newest one, in memory of the queue. */
  #merge(chunk: Uint8Array): void {
    const newest = this.#chunks.length - 1;
    let filled = (this.#chunks[newest] as Uint8Array).length;
    if (this.#owned.length - filled >= chunk.length) {
      this.#owned.set(chunk, filled);
      this.#chunks[newest] = this.#owned.subarray(0, filled + chunk.length);
      return;
    }
    const waiting = this.#waitingIn(newest);
    const moves = waiting.length < mergedBytesMin;
    filled = moves ? waiting.length : 0;
    // Twice the size each time: no byte is copied more than a few times, however small the chunks.
    this.#owned = new Uint8Array(Math.max(64, 2 * (filled + chunk.length)));
    if (moves) this.#owned.set(waiting);
    this.#owned.set(chunk, filled);
    const merged = this.#owned.subarray(0, filled + chunk.length);
    if (!moves) {
      this.#chunks.push(merged);
      return;
    }
    this.#chunks[newest] = merged;
    if (newest === this.#first) this.#offset = 0;
  }

  #waitingIn(index: number): Uint8Array {
    const chunk = this.#chunks[index] as Uint8Array;
    return index === this.#first && this.#offset > 0 ? chunk.subarray(this.#offset) : chunk;
  }

  /**
   * The index of the chunk that holds the byte at `offset`, which must be there;
   * leaves where that chunk begins in `#located`. Looks from both ends at once, as
   * messages are read at the front and scanned for at the back.
   */
  #locate(offset: number): number {
    let front = this.#first;
    let frontStart = -this.#offset;
    let back = this.#chunks.length - 1;
    let backStart = this.#length - (this.#chunks[back] as Uint8Array).length;
    for (;;) {
      const frontEnd = frontStart + (this.#chunks[front] as Uint8Array).length;
      if (offset < frontEnd) {
        this.#located = frontStart;
        return front;
      }
      if (offset >= backStart) {
        this.#located = backStart;
        return back;
      }
      front++;
      frontStart = frontEnd;
      back--;
      backStart -= (this.#chunks[back] as Uint8Array).length;
    }
  }

  /** The byte `offset` places from the front, or -1 past the end. */
  at(offset: number): number {
    if (!(Number.isInteger(offset) && offset >= 0)) wholeNumber("at: offset", offset, 0);
    if (offset >= this.#length) return -1;
    const index = this.#locate(offset);
    return (this.#chunks[index] as Uint8Array)[offset - this.#located] as number;
  }

  /** The offset of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    if (!(Number.isInteger(byte) && byte >= 0 && byte <= 0xff)) throw noByte(byte);
    if (!(Number.isInteger(from) && from >= 0)) wholeNumber("indexOf: from", from, 0);
    if (from >= this.#length) return -1;
    let index = this.#locate(from);
    let start = this.#located;
    let position = from - start;
    for (; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as Uint8Array;
      const found = indexOfByte(chunk, byte, position);
      if (found !== -1) return start + found;
      start += chunk.length;
      position = 0;
    }
    return -1;
  }

  /** The offset at which `pattern` first stands, whole, at or after `from`; or -1. */
  indexOfBytes(pattern: Uint8Array, from = 0): number {
    if (byteArray("indexOfBytes: pattern", pattern).length === 0)
      throw new TypeError("indexOfBytes: pattern: it is empty");
    const head = pattern[0] as number;
    for (let start = this.indexOf(head, from); start !== -1; start = this.indexOf(head, start + 1)) {
      if (start + pattern.length > this.#length) return -1;
      let matched = 1;
      while (matched < pattern.length && this.at(start + matched) === pattern[matched]) matched++;
      if (matched === pattern.length) return start;
    }
    return -1;
  }

  /** The first `count` bytes, left in place; a view where they lie in one chunk, else a copy. */
  peek(count: number): Uint8Array {
    if (!(Number.isInteger(count) && count >= 0)) wholeNumber("count", count, 0);
    if (count > this.#length) throw new RangeError(`peek ${count} of ${this.#length} bytes`);
    if (count === 0) return noBytes;
    const head = this.#chunks[this.#first] as Uint8Array;
    if (this.#offset + count <= head.length) return head.subarray(this.#offset, this.#offset + count);
    const copy = new Uint8Array(count);
    let copied = 0;
    for (let index = this.#first; copied < count; index++) {
      const waiting = this.#waitingIn(index);
      const piece = waiting.length > count - copied ? waiting.subarray(0, count - copied) : waiting;
      copy.set(piece, copied);
      copied += piece.length;
    }
    return copy;
  }

  /** Drops the first `count` bytes. */
  skip(count: number): void {
    if (!(Number.isInteger(count) && count >= 0)) wholeNumber("count", count, 0);
    if (count > this.#length) throw new RangeError(`skip ${count} of ${this.#length} bytes`);
    this.#length -= count;
    this.#consumed += count;
    if (this.#length === 0) {
      // Not `length = 0` for the one chunk that there mostly is: that gives the array's memory away.
      if (this.#chunks.length === 1) this.#chunks.pop();
      else this.#chunks.length = 0;
      this.#first = 0;
      this.#offset = 0;
      this.#owned = noBytes;
      return;
    }
    let offset = this.#offset + count;
    for (;;) {
      const chunk = this.#chunks[this.#first] as Uint8Array;
      if (offset < chunk.length) break;
      offset -= chunk.length;
      this.#chunks[this.#first++] = noBytes;
    }
    this.#offset = offset;
    // Half of them spent: so that moving the others costs each chunk one step in all.
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** Takes the first `count` bytes; a view where they lie in one chunk, else a copy. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** Takes the first `count` bytes as text; see `decodeText`. */
  takeText(count: number): string {
    if (!(Number.isInteger(count) && count >= 0)) wholeNumber("count", count, 0);
    const head = this.#chunks[this.#first];
    const end = this.#offset + count;
    const text =
      head !== undefined && end <= head.length
        ? decodeText(head, this.#offset, end)
        : decodeText(this.peek(count));
    this.skip(count);
    return text;
  }

  /** Takes what is left of the first chunk, as it came; empty when nothing waits. */
  takeChunk(): Uint8Array {
    if (this.#length === 0) return noBytes;
    return this.take((this.#chunks[this.#first] as Uint8Array).length - this.#offset);
  }

  /** Takes everything. */
  takeAll(): Uint8Array {
    return this.take(this.#length);
  }
}

function noByte(value: unknown): TypeError {
  return new TypeError(`indexOf: byte: ${shown(value)} is not a whole number from 0 to 255`);
}
