/**
 * The values of options: text as typed, into what it means. Each reader throws a
 * `UsageError` that says what was expected.
 */
import { quote } from "../base/quote.ts";
import { UsageError } from "./exit.ts";

/** Reads one option's value; `name` is the option as typed. */
export type ValueReader<Value> = (text: string, name: string) => Value;

/** A whole number of `least` or more. */
export function wholeNumber(least: number): ValueReader<number> {
  return (text, name) => {
    const value = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : -1;
    if (value >= least) return value;
    throw new UsageError(`${name} ${quote(text)} is not a whole number of ${least} or more`);
  };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, "": 1_000, s: 1_000, m: 60_000, h: 3_600_000 };

/** A time as `500ms`, `5s`, `3m`, `1h`, or a plain number of seconds; in milliseconds. */
export const duration: ValueReader<number> = (text, name) => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|)$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * (unitMs[match[2] as string] as number);
  if (value > 0) return value;
  throw new UsageError(`${name} ${quote(text)} is not a time above 0, as in 500ms, 5s, 3m or 1h`);
};

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };

/** Text in which `\n`, `\r`, `\t`, `\0`, `\\` and `\x41` stand for what they stand for. */
export const text: ValueReader<string> = (typed, name) =>
  typed.replace(/\\(x[0-9a-fA-F]{2}|[^]|$)/g, (whole, escape: string) => {
    if (escape.length === 3) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    const meant = escapes[escape];
    if (meant !== undefined) return meant;
    throw new UsageError(`${name}: ${quote(whole)} is no escape; write \\n, \\r, \\t, \\0, \\x41 or \\\\`);
  });

/** Text as it stands. */
export const plain: ValueReader<string> = (typed) => typed;
