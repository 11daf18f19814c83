/** The error of a failed expectation. */
import { text } from "../base/arguments.ts";
import { quote } from "../base/text/quote.ts";

/** An expectation failed. Test runners show `expected` and `actual`; the message contains both. */
export class ExpectationError extends Error {
  static {
    this.prototype.name = "ExpectationError";
  }
  /** As text, or as hexadecimal digits if it is not UTF-8. */
  readonly expected: string;
  /** What was received instead, in the same form. */
  readonly actual: string;

  /** For expectations of your own; `happened` is the first line of the message. */
  constructor(happened: string, expected: string, actual: string, cause?: unknown) {
    text("ExpectationError: happened", happened);
    text("ExpectationError: expected", expected);
    text("ExpectationError: actual", actual);
    super(`${happened}\n  expected  ${expected}\n  received  ${actual}`, { cause });
    this.expected = expected;
    this.actual = actual;
  }
}

/** Number of equal bytes shown before the first difference. */
const shownBefore = 16;
/** Number of bytes shown from there on. */
const shownBehind = 48;

/** The error for different bytes: the index of the first difference, and both sides around it. */
export function difference(
  expected: Uint8Array,
  received: Uint8Array,
  at: number,
  what = "",
): ExpectationError {
  const from = Math.max(at - shownBefore, 0);
  const [wanted, came] = shownAlike(around(expected, from, at), around(received, from, at));
  const happened =
    what === "" ? `byte ${at} differs` : `${at} of ${expected.length} bytes came, then ${what}`;
  const dots = from === 0 ? "" : "… ";
  return new ExpectationError(happened, dots + wanted, dots + came);
}

/** Length of the common prefix of two streams. */
export function commonLength(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) if (one[index] !== other[index]) return index;
  return length;
}

/** Bytes for a message. */
export function shown(bytes: Uint8Array): string {
  return asText(bytes.subarray(0, shownBehind)) ?? asHex(bytes.subarray(0, shownBehind));
}

/** Both as text, or both as hexadecimal digits, so that they are easy to compare. */
function shownAlike(one: Uint8Array, other: Uint8Array): [string, string] {
  const [first, second] = [asText(one), asText(other)];
  return first === undefined || second === undefined ? [asHex(one), asHex(other)] : [first, second];
}

function around(bytes: Uint8Array, from: number, at: number): Uint8Array {
  return bytes.subarray(from, at + shownBehind);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function asText(bytes: Uint8Array): string | undefined {
  try {
    return quote(strict.decode(bytes));
  } catch {
    return undefined;
  }
}

function asHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
