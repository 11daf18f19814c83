/**
 * Checks of arguments, for callers whose compiler has not checked them.
 *
 * Each check throws a TypeError with the argument's name, the value and what is expected, before the
 * call does anything else.
 */
import { encodeText } from "./bytes.ts";
import { quote } from "./text/quote.ts";

/** @throws {TypeError} unless it is a whole number of `least` or more. */
export function wholeNumber(option: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number of ${least} or more`);
}

/** @throws {TypeError} unless it is a whole number of 1 or more, or `Infinity`. */
export function limit(option: string, value: unknown): number {
  if (value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 1)) return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number of 1 or more, or Infinity`);
}

/** @throws {TypeError} unless it is more than 0 milliseconds, or `Infinity`. */
export function duration(option: string, value: unknown): number {
  if (typeof value === "number" && value > 0) return value;
  throw new TypeError(`${option}: ${shown(value)} is not a number of milliseconds above 0, or Infinity`);
}

/** @throws {TypeError} unless it is a port number or 0. */
export function portNumber(option: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535)
    return value as number;
  throw new TypeError(`${option}: ${shown(value)} is not a whole number from 0 to 65535`);
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

/** @throws {TypeError} unless it is a string. */
export function text(argument: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${argument}: ${shown(value)} is not a string`);
}

/** @throws {TypeError} unless it is an array of strings; `example` is shown in the message. */
export function texts(argument: string, value: unknown, example: string): readonly string[] {
  if (!Array.isArray(value))
    throw new TypeError(`${argument}: ${shown(value)} is not a list, as in ${example}`);
  for (const one of value as readonly unknown[]) text(`${argument}: in the list`, one);
  return value as readonly string[];
}

/**
 * @param madeBy the call that makes one, for the error.
 * @throws {TypeError} unless it is a function.
 */
export function callback(argument: string, value: unknown, madeBy?: string): unknown {
  if (typeof value === "function") return value;
  const hint = madeBy === undefined ? "" : `; ${madeBy} makes one`;
  throw new TypeError(`${argument}: ${shown(value)} is not a function${hint}`);
}

/** @throws {TypeError} unless it is an object and not an array. */
export function record(argument: string, value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(`${argument}: ${shown(value)} is not an object`);
}

/** @throws {TypeError} unless it is an object with these functions; `what` is its name with the article. */
export function withFunctions(
  argument: string,
  value: unknown,
  what: string,
  functions: readonly string[],
): object {
  const missing = functions.find(
    (name) => typeof (value as Record<string, unknown> | null)?.[name] !== "function",
  );
  if (missing === undefined) return value as object;
  const lacks = typeof value === "object" && value !== null ? `; it has no function ${missing}` : "";
  throw new TypeError(`${argument}: ${shown(value)} is not ${what}${lacks}`);
}

/** @throws {TypeError} unless it is an AbortSignal, of this realm or another. */
export function abortSignal(argument: string, value: unknown): unknown {
  const { aborted } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === "boolean") {
    return withFunctions(argument, value, "an AbortSignal", ["addEventListener", "removeEventListener"]);
  }
  throw new TypeError(`${argument}: ${shown(value)} is not an AbortSignal`);
}

export function clock(argument: string, value: unknown): unknown {
  return withFunctions(argument, value, "a Clock", ["now", "after"]);
}

export function codec(argument: string, value: unknown): unknown {
  if (typeof value === "function") {
    const call = value.name === "" ? "lines()" : `${value.name}()`;
    throw new TypeError(`${argument}: a function is not a codec; call it: ${call}`);
  }
  return withFunctions(argument, value, "a codec, as lines() makes one", ["decoder", "encode"]);
}

/** @throws {TypeError} unless it is a `Uint8Array`; a `Buffer` is one. */
export function byteArray(argument: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array || isUint8Array(value)) return value;
  throw new TypeError(`${argument}: ${shown(value)} is not a Uint8Array`);
}

/**
 * Text that UTF-8 can encode.
 *
 * @throws {TypeError} for a lone surrogate, which would arrive as U+FFFD; the message has its index.
 */
export function wellFormed(argument: string, value: string): string {
  if (value.isWellFormed()) return value;
  const index = value.search(/\p{Surrogate}/u);
  throw new TypeError(`${argument}: lone surrogate at index ${index}, which UTF-8 cannot carry`);
}

/**
 * Text or bytes to send, as bytes. A `Buffer` is a `Uint8Array`. Other views and an `ArrayBuffer` are
 * rejected, since their elements may not be bytes.
 *
 * @throws {TypeError} for anything else, and for text with a lone surrogate.
 */
export function bytesToSend(argument: string, data: unknown): Uint8Array {
  if (typeof data === "string") return encodeText(wellFormed(argument, data));
  // The second check: an array of another realm, such as a test runner's sandbox, fails `instanceof`.
  if (data instanceof Uint8Array || isUint8Array(data)) return data;
  const hint =
    data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? "; make a Uint8Array of its buffer" : "";
  throw new TypeError(`${argument}: ${shown(data)} is neither a Uint8Array nor a string${hint}`);
}

function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** A value as error messages show it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  const { name } = (value as { constructor?: { name?: unknown } }).constructor ?? {};
  if (typeof name !== "string" || name === "") return "an object";
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}
