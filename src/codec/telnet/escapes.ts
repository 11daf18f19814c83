/**
 * The bytes that telnet gives another meaning, in data: IAC always, CR and LF in text.
 */
import { indexOfByte, newBytes } from "../../base/bytes.ts";
import { IAC } from "./names.ts";

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/** Every IAC twice; the same view if there is none. */
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

/** One IAC for each two; the same view if there is none. */
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
 * Text on its way to the network: a line end is CR LF there, and a CR that is none is
 * CR NUL. `afterCr` says whether the text before ended in a CR, which is sent at once.
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
 * Text from the network; a line end stays CR LF. What CR NUL is depends on who receives it.
 * To a server it is a line end like CR LF, which is what terminals send for the Enter key in
 * character mode (RFC 1123, section 3.3.1). To a client it is a CR that moves the cursor
 * (RFC 854). `afterCr` tells whether the text before ended in a CR.
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

/** Whether a text ends in a CR, of which the next byte decides what it is. */
export function endsInCr(bytes: Uint8Array, afterCr: boolean): boolean {
  return bytes.length === 0 ? afterCr : bytes.at(-1) === CR;
}
