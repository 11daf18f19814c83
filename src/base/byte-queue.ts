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

/** The chunks behind the first one. */
interface Behind {
  readonly chunks: Uint8Array[];
  /** Index of the one that comes next; those before it are spent. */
  next: number;
  /** Where the chunk that `#locate` found begins, counted from the front of the queue. */
  located: number;
}

/** Chunks in the order they came, read from the front. Mostly there is one or none, and then nothing else is kept. */
export class ByteQueue {
  /** The first chunk; empty when nothing waits. */
  #head: Uint8Array = noBytes;
  /** Bytes already taken from it. */
  #offset = 0;
  #length = 0;
  #consumed = 0;
  /** The memory of which the newest chunk is the filled part, if the queue owns it. */
  #owned: Uint8Array = noBytes;
  #behind: Behind | undefined = undefined;

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

  /** Copies what is left of a chunk that was pushed alone, whose memory is about to be used for something else. */
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

  /** Puts a small chunk behind the newest one, in memory of the queue. */
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
    // Twice the size each time: no byte is copied more than a few times, however small the chunks.
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
   * The index of the chunk behind the first that holds the byte at `offset`, which must be in
   * one of them; leaves where that chunk begins in `located`. Looks from both ends at once, as
   * messages are read at the front and scanned for at the back.
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

  /** The byte `offset` places from the front, or -1 past the end. */
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

  /** Goes on to the chunk that holds the front, which is behind the first. */
  #skipHead(behind: Behind): void {
    const { chunks } = behind;
    while (this.#offset >= this.#head.length) {
      this.#offset -= this.#head.length;
      this.#head = chunks[behind.next] as Uint8Array;
      chunks[behind.next++] = noBytes;
    }
    // Half of them spent: so that moving the others costs each chunk one step in all.
    if (behind.next === chunks.length) {
      this.#behind = undefined;
    } else if (behind.next > 64 && behind.next * 2 > chunks.length) {
      chunks.splice(0, behind.next);
      behind.next = 0;
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
    const head = this.#head;
    const end = this.#offset + count;
    const text = end <= head.length ? decodeText(head, this.#offset, end) : decodeText(this.peek(count));
    this.skip(count);
    return text;
  }

  /** Takes what is left of the first chunk, as it came; empty when nothing waits. */
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
