/**
 * Makes a peer's bytes safe to show on a terminal (F76, F77).
 *
 * Control sequences can change a terminal's title, fill the clipboard or type into the shell. So no control byte
 * reaches it. Each is shown in a visible form, and nothing is dropped:
 *
 *     LF, TAB                             unchanged; CRLF as a newline
 *     other C0 controls, DEL              ^[  ^M  ^@  ^?
 *     a byte that is not UTF-8            <9b>   (the 8-bit C1 controls are such bytes)
 *     C1 controls, bidi, zero-width and
 *     other hidden characters in UTF-8    <U+009B>  <U+202E>
 *
 * The result is for reading only: the text `^[` looks like an escape here. Pipes and files get the bytes unchanged.
 */
import { replaceHidden } from "../../base/text/quote.ts";

/** Filters one stream of bytes. Chunk boundaries make no difference to the result. */
export interface TerminalFilter {
  /** The chunk as safe text. A CR or an incomplete character at the end of a chunk is kept until the next chunk. */
  write(chunk: Uint8Array): string;
  /** The bytes that were kept, for the end of the stream or after a pause. */
  flush(): string;
}

export function createTerminalFilter(): TerminalFilter {
  return new Utf8Filter();
}

/**
 * A line of our own that may contain untrusted text. It is filtered, and stays on one line: a newline inside is shown
 * as `^J`. TAB stays.
 */
export function terminalSafe(text: string): string {
  return replaceHidden(text, (codePoint) => (codePoint === tab ? "\t" : visible(codePoint)));
}

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const del = 0x7f;

function visible(codePoint: number): string {
  if (codePoint < 0x20 || codePoint === del) return `^${String.fromCharCode(codePoint ^ 0x40)}`;
  return `<U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}>`;
}

function visibleByte(byte: number): string {
  return `<${byte.toString(16).padStart(2, "0")}>`;
}

function showCharacter(codePoint: number): string {
  return replaceHidden(String.fromCodePoint(codePoint), visible);
}

function isPlain(byte: number): boolean {
  return (byte >= 0x20 && byte < del) || byte === lineFeed || byte === tab;
}

/**
 * A UTF-8 decoder without loss: invalid bytes are shown one by one. It accepts what the Unicode Standard calls
 * well-formed (table 3-7). So no control can pass in an overlong form or a surrogate.
 */
class Utf8Filter implements TerminalFilter {
  /** The bytes of an incomplete character, and nothing else. */
  #held: number[] = [];
  #codePoint = 0;
  #missing = 0;
  /** The valid range of the next byte. */
  #lowest = 0x80;
  #highest = 0xbf;
  #carriageReturn = false;

  write(chunk: Uint8Array): string {
    let text = "";
    let index = 0;
    while (index < chunk.length) {
      const plainEnd = this.#isIdle() ? endOfPlain(chunk, index) : index;
      if (plainEnd > index) {
        text += Buffer.from(chunk.buffer, chunk.byteOffset + index, plainEnd - index).toString("latin1");
        index = plainEnd;
      } else {
        text += this.#take(chunk[index] ?? 0);
        index += 1;
      }
    }
    return text;
  }

  flush(): string {
    const text = this.#carriageReturn ? visible(carriageReturn) : this.#held.map(visibleByte).join("");
    this.#carriageReturn = false;
    this.#held = [];
    this.#missing = 0;
    return text;
  }

  #isIdle(): boolean {
    return !this.#carriageReturn && this.#missing === 0;
  }

  #take(byte: number): string {
    if (this.#carriageReturn) {
      this.#carriageReturn = false;
      return byte === lineFeed ? "\n" : visible(carriageReturn) + this.#take(byte);
    }
    if (this.#missing > 0) {
      if (byte >= this.#lowest && byte <= this.#highest) return this.#continue(byte);
      return this.flush() + this.#take(byte);
    }
    if (byte === carriageReturn) {
      this.#carriageReturn = true;
      return "";
    }
    if (isPlain(byte)) return String.fromCharCode(byte);
    if (byte < 0x80) return visible(byte);
    if (byte < 0xc2 || byte > 0xf4) return visibleByte(byte);
    this.#begin(byte);
    return "";
  }

  #begin(byte: number): void {
    this.#held = [byte];
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#codePoint = byte & (0x3f >> this.#missing);
    // The second byte excludes overlong forms, surrogates and values above U+10FFFF.
    this.#lowest = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#highest = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  }

  #continue(byte: number): string {
    this.#held.push(byte);
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
    this.#missing -= 1;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
    if (this.#missing > 0) return "";
    this.#held = [];
    return showCharacter(this.#codePoint);
  }
}

function endOfPlain(chunk: Uint8Array, start: number): number {
  let end = start;
  while (end < chunk.length && isPlain(chunk[end] ?? 0)) end += 1;
  return end;
}
