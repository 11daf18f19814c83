/** Telnet escapes in data: IAC always, CR and LF in text. */
import { indexOfByte, newBytes } from "../../base/bytes.ts";
import { IAC } from "./names.ts";

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/** Doubles every IAC; returns the same view if there is none. */
export function escapeIac(bytes: Uint8Array): Uint8Array {
  let more = 0;
  for (let at = indexOfByte(bytes, IAC, 0); at !== -1; at = indexOfByte(bytes, IAC, at + 1)) more++;
  if (more === 0) return bytes;
  const escaped = newBytes(bytes.length + more);
  let length = 0;
  for (const byte of bytes) {
    if (byte === IAC) escaped[length++] = IAC;
    escaped[length++] = byte;
  }
  return escaped;
}

/** Replaces each doubled IAC by one; returns the same view if there is none. */
export function unescapeIac(bytes: Uint8Array): Uint8Array {
  let from = indexOfByte(bytes, IAC, 0);
  if (from === -1) return bytes;
  const plain = newBytes(bytes.length);
  let length = 0;
  let copied = 0;
  for (; from !== -1; from = indexOfByte(bytes, IAC, copied)) {
    plain.set(bytes.subarray(copied, from + 1), length);
    length += from + 1 - copied;
    copied = from + 2;
  }
  plain.set(bytes.subarray(copied), length);
  return plain.subarray(0, length + Math.max(0, bytes.length - copied));
}

/**
 * Converts text to network form: a line ending is CR LF, and any other CR is CR NUL. `afterCr` is
 * whether the text before ended in a CR, which has been sent already.
 */
export function escapeText(bytes: Uint8Array, afterCr: boolean): Uint8Array {
  const touched = afterCr || indexOfByte(bytes, LF, 0) !== -1 || indexOfByte(bytes, CR, 0) !== -1;
  if (!touched || bytes.length === 0) return bytes;
  const escaped = newBytes(bytes.length * 2 + 1);
  let length = 0;
  let before = afterCr ? CR : NUL;
  for (const byte of bytes) {
    if (before === CR && byte !== LF) escaped[length++] = NUL;
    if (before !== CR && byte === LF) escaped[length++] = CR;
    escaped[length++] = byte;
    before = byte;
  }
  return escaped.subarray(0, length);
}

/**
 * Converts text from network form; a line ending stays CR LF. The meaning of CR NUL depends on the
 * receiver. For a server it is a line ending like CR LF: terminals send it for the Enter key in
 * character mode (RFC 1123, section 3.3.1). For a client it is a CR, which moves the cursor (RFC 854).
 * `afterCr` is whether the text before ended in a CR.
 */
export function unescapeText(bytes: Uint8Array, afterCr: boolean, receiver: "client" | "server"): Uint8Array {
  if (!afterCr && indexOfByte(bytes, CR, 0) === -1) return bytes;
  const text = newBytes(bytes.length);
  let length = 0;
  let before = afterCr ? CR : LF;
  for (const byte of bytes) {
    if (byte !== NUL || before !== CR) text[length++] = byte;
    else if (receiver === "server") text[length++] = LF;
    before = byte;
  }
  return text.subarray(0, length);
}

/** Whether a text ends in a CR, whose meaning depends on the next byte. */
export function endsInCr(bytes: Uint8Array, afterCr: boolean): boolean {
  return bytes.length === 0 ? afterCr : bytes.at(-1) === CR;
}
