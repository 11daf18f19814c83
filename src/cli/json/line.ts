/**
 * A value as one line of JSON that is safe on a terminal and in a log.
 */
import { replaceHidden } from "../../base/text/quote.ts";

/** These characters are never hidden, so a line of them needs no closer check. */
const onlyPlain = /^[ -~]*$/;

/**
 * JSON in which every control, bidi, zero-width and other hidden character is an escape.
 *
 * `JSON.stringify` escapes the C0 controls alone. The 8-bit controls (C1), DEL and characters that
 * reorder text would reach the terminal of a user who looks at the output. Escapes stand for the
 * same text (RFC 8259, section 7), so a program reads the same value.
 */
export function jsonLine(value: unknown): string {
  const line = JSON.stringify(value);
  return onlyPlain.test(line) ? line : replaceHidden(line, escaped);
}

/** A character beyond U+FFFF is escaped as its surrogate pair. */
function escaped(codePoint: number): string {
  if (codePoint <= 0xffff) return unit(codePoint);
  const pair = String.fromCodePoint(codePoint);
  return unit(pair.charCodeAt(0)) + unit(pair.charCodeAt(1));
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
