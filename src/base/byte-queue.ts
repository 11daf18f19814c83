/**
 * A queue of chunks that reads like one array.
 *
 * It does not know about messages. Stream positions count from the first byte ever pushed
 * (`consumed + offset`). A decoder can therefore remember how far it has scanned while other code
 * takes bytes.
 */
import { byteArray, shown, wholeNumber } from "./arguments.ts";
import { decodeText, indexOfByte, noBytes } from "./bytes.ts";

/**
 * Smaller chunks are copied into the block of the newest chunk instead of being queued. A view costs
 * about a hundred bytes of memory, so a peer that sends single bytes could otherwise make the queue
 * use a hundred times what it sent.
 */
const mergeBelowBytes = 512;
/** A full block of merged chunks that holds fewer bytes than this moves to a block of twice the size. */
const mergedBytesMin = 4096;

/** The chunks behind the first one. */
interface Behind {
  readonly chunks: Uint8Array[];
  /** Index of the next chunk; earlier ones are consumed. */
  next: number;
  /** Offset from the front of the queue at which the chunk that `#locate` found begins. */
  located: number;
}

/** Chunks in order of arrival, read from the front. Usually there is at most one, and then no list is kept. */
export class ByteQueue {
  /** The first chunk; empty if the queue is empty. */
  #head: Uint8Array = noBytes;
  /** Bytes already taken from it. */
  #offset = 0;
  #length = 0;
  #consumed = 0;
  /** The block that ends in free space behind the newest chunk, if the queue owns that chunk's memory. */
  #owned: Uint8Array = noBytes;
  #behind: Behind | undefined = undefined;

  /** Number of bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Number of bytes taken so far: the stream position of the front. */
  get consumed(): number {
    return this.#consumed;
  }

  /**
   * Appends a chunk. The queue keeps a view of its memory; a small chunk behind others is copied
   * instead.
   */
  push(chunk: Uint8Array): void {
    byteArray("push: chunk", chunk);
    if (chunk.length === 0) return;
    if (this.#length === 0) {
      this.#head = chunk;
    } else if (chunk.length < mergeBelowBytes) {
      this.#merge(chunk);
    } else {
      this.#append(chunk);
      this.#owned = noBytes;
    }
    this.#length += chunk.length;
  }

  /** Copies the rest of a chunk that was pushed alone, because its memory is about to be reused. */
  own(): void {
    if (this.#length === 0) return;
    this.#head = new Uint8Array(this.#head.subarray(this.#offset));
    this.#offset = 0;
  }

  #append(chunk: Uint8Array): void {
    this.#behind ??= { chunks: [], next: 0, located: 0 };
    this.#behind.chunks.push(chunk);
  }

  #newest(): Uint8Array {
    return this.#behind === undefined ? this.#head : (this.#behind.chunks.at(-1) as Uint8Array);
  }

  #replaceNewest(chunk: Uint8Array): void {
    if (this.#behind === undefined) this.#head = chunk;
    else this.#behind.chunks[this.#behind.chunks.length - 1] = chunk;
  }

  /** Copies a small chunk behind the newest one, into memory that the queue owns. */
  #merge(chunk: Uint8Array): void {
    const newest = this.#newest();
    let filled = newest.length;
    if (this.#owned.length - filled >= chunk.length) {
      this.#owned.set(chunk, filled);
      this.#replaceNewest(this.#owned.subarray(0, filled + chunk.length));
      return;
    }
    const isHead = this.#behind === undefined;
    const waiting = isHead ? newest.subarray(this.#offset) : newest;
    const moves = waiting.length < mergedBytesMin;
    filled = moves ? waiting.length : 0;
    // Doubling: each byte is copied only a few times, however small the chunks are.
    this.#owned = new Uint8Array(Math.max(64, 2 * (filled + chunk.length)));
    if (moves) this.#owned.set(waiting);
    this.#owned.set(chunk, filled);
    const merged = this.#owned.subarray(0, filled + chunk.length);
    if (!moves) {
      this.#append(merged);
      return;
    }
    this.#replaceNewest(merged);
    if (isHead) this.#offset = 0;
  }

  /**
   * The index, among the chunks behind the first, of the one with the byte at `offset`; one of them
   * must hold it. Sets `located`. Searches from both ends at once, since messages are read at the front
   * and scanned for at the back.
   */
  #locate(behind: Behind, offset: number): number {
    const { chunks } = behind;
    let front = behind.next;
    let frontStart = this.#head.length - this.#offset;
    let back = chunks.length - 1;
    let backStart = this.#length - (chunks[back] as Uint8Array).length;
    for (;;) {
      const frontEnd = frontStart + (chunks[front] as Uint8Array).length;
      if (offset < frontEnd) {
        behind.located = frontStart;
        return front;
      }
      if (offset >= backStart) {
        behind.located = backStart;
        return back;
      }
      front++;
      frontStart = frontEnd;
      back--;
      backStart -= (chunks[back] as Uint8Array).length;
    }
  }

  /** The byte at `offset` from the front, or -1 past the end. */
  at(offset: number): number {
    if (!(Number.isInteger(offset) && offset >= 0)) wholeNumber("at: offset", offset, 0);
    if (offset >= this.#length) return -1;
    const head = this.#head;
    const behind = this.#behind;
    if (behind === undefined || this.#offset + offset < head.length) {
      return head[this.#offset + offset] as number;
    }
    const index = this.#locate(behind, offset);
    return (behind.chunks[index] as Uint8Array)[offset - behind.located] as number;
  }

  /** The offset of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    if (!(Number.isInteger(byte) && byte >= 0 && byte <= 0xff)) throw noByte(byte);
    if (!(Number.isInteger(from) && from >= 0)) wholeNumber("indexOf: from", from, 0);
    if (from >= this.#length) return -1;
    const head = this.#head;
    const position = this.#offset + from;
    if (position < head.length) {
      const found = indexOfByte(head, byte, position);
      if (found !== -1) return found - this.#offset;
    }
    const behind = this.#behind;
    if (behind === undefined) return -1;
    return this.#indexBehind(behind, byte, Math.max(from, head.length - this.#offset));
  }

  #indexBehind(behind: Behind, byte: number, from: number): number {
    const { chunks } = behind;
    let index = this.#locate(behind, from);
    let start = behind.located;
    let position = from - start;
    for (; index < chunks.length; index++) {
      const chunk = chunks[index] as Uint8Array;
      const found = indexOfByte(chunk, byte, position);
      if (found !== -1) return start + found;
      start += chunk.length;
      position = 0;
    }
    return -1;
  }

  /** The offset of the first complete occurrence of `pattern` at or after `from`, or -1. */
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

  /** The first `count` bytes, which stay in the queue: a view if they lie in one chunk, else a copy. */
  peek(count: number): Uint8Array {
    if (!(Number.isInteger(count) && count >= 0)) wholeNumber("count", count, 0);
    if (count > this.#length) throw new RangeError(`peek ${count} of ${this.#length} bytes`);
    if (count === 0) return noBytes;
    const head = this.#head;
    if (this.#offset + count <= head.length) return head.subarray(this.#offset, this.#offset + count);
    const copy = new Uint8Array(count);
    copy.set(head.subarray(this.#offset));
    let copied = head.length - this.#offset;
    const { chunks, next } = this.#behind as Behind;
    for (let index = next; copied < count; index++) {
      const chunk = chunks[index] as Uint8Array;
      const piece = chunk.length > count - copied ? chunk.subarray(0, count - copied) : chunk;
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
    this.#offset += count;
    if (this.#length === 0) {
      this.#head = noBytes;
      this.#offset = 0;
      this.#owned = noBytes;
      this.#behind = undefined;
    } else if (this.#offset >= this.#head.length) {
      this.#skipHead(this.#behind as Behind);
    }
  }

  /** Moves on to the chunk that now holds the front. */
  #skipHead(behind: Behind): void {
    const { chunks } = behind;
    while (this.#offset >= this.#head.length) {
      this.#offset -= this.#head.length;
      this.#head = chunks[behind.next] as Uint8Array;
      chunks[behind.next++] = noBytes;
    }
    // Compact only when half of the chunks are consumed, so that the cost per chunk stays constant.
    if (behind.next === chunks.length) {
      this.#behind = undefined;
    } else if (behind.next > 64 && behind.next * 2 > chunks.length) {
      chunks.splice(0, behind.next);
      behind.next = 0;
    }
  }

  /** Takes the first `count` bytes: a view if they lie in one chunk, else a copy. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** Takes the first `count` bytes as UTF-8 text. Invalid bytes become U+FFFD. */
  takeText(count: number): string {
    if (!(Number.isInteger(count) && count >= 0)) wholeNumber("count", count, 0);
    const head = this.#head;
    const end = this.#offset + count;
    const text = end <= head.length ? decodeText(head, this.#offset, end) : decodeText(this.peek(count));
    this.skip(count);
    return text;
  }

  /** Takes the rest of the first chunk; empty if the queue is empty. */
  takeChunk(): Uint8Array {
    if (this.#length === 0) return noBytes;
    return this.take(this.#head.length - this.#offset);
  }

  /** Takes everything. */
  takeAll(): Uint8Array {
    return this.take(this.#length);
  }
}

function noByte(value: unknown): TypeError {
  return new TypeError(`indexOf: byte: ${shown(value)} is not a whole number from 0 to 255`);
}
