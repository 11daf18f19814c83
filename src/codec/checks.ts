/**
 * What the codecs of this folder check at their doors: options when a codec is
 * made, messages when one is to be sent.
 */
import { toBytes } from "../base/bytes.ts";
import { quote } from "../base/quote.ts";

/** @throws {TypeError} unless it is a whole number from `least` up. */
export function wholeNumber(option: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number of ${least} or more`);
}

/** @throws {TypeError} unless it is a whole number from 1 up, or `Infinity`. */
export function limit(option: string, value: unknown): number {
  if (value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 1)) return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number of 1 or more, or Infinity`);
}

/** @throws {TypeError} unless it is one of `choices`. */
export function oneOf<Choice extends string>(
  option: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new TypeError(`${option}: ${shown(value)} is none of ${choices.join(", ")}`);
}

/** @throws {TypeError} unless it is `true` or `false`. */
export function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${option}: ${shown(value)} is neither true nor false`);
}

/** @throws {TypeError} unless it is text or bytes. */
export function messageBytes(codec: string, message: unknown): Uint8Array {
  if (typeof message === "string" || message instanceof Uint8Array) return toBytes(message);
  throw new TypeError(`${codec}: a message is a Uint8Array or a string, not ${shown(message)}`);
}

/** A value for the eyes of whoever passed it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const { name } = value.constructor ?? {};
  return name === undefined ? "an object" : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
