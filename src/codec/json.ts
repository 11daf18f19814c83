/**
 * Strict JSON: rejects values that would be lost or changed.
 *
 * The peer chooses what is parsed. Two things that JSON allows are therefore rejected because they
 * break programs: very deep nesting, and the key `__proto__`, which a later assignment
 * (`Object.assign`) takes for the prototype.
 */
import { shown } from "../base/arguments.ts";
import { CodecError } from "./codec.ts";

/** A value, and the text that it was parsed from. */
export interface ReadJson {
  readonly text: string;
  readonly value: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The key itself, or an escape that may stand for one of its letters. */
const perhapsProto = /__proto__|\\u00[567]/i;

/**
 * Parses a value.
 *
 * @param keeps whether the value must preserve all of the text, because the text is dropped.
 * @throws {CodecError} `invalid`; the message begins with "a line".
 */
export function readJson(bytes: Uint8Array, nestingMax: number, keeps: boolean): ReadJson {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid("is not UTF-8");
  }
  // Before JSON.parse, so that a deeply nested value is never built.
  const { colons, longNumbers } = scan(text, nestingMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("is not JSON");
  }
  if (perhapsProto.test(text) && hasProto(value)) throw invalid("has an object with the key __proto__");
  if (keeps) {
    const changed = longNumbers.find(isChanged);
    if (changed !== undefined) throw invalid(`has the number ${cut(changed)}, which JavaScript cannot hold`);
    if (keysOf(value) < colons) throw invalid("has an object with the same key twice");
  }
  return { text, value };
}

function invalid(what: string): CodecError {
  return new CodecError("invalid", `a line ${what}`);
}

/** Properties of a text found by looking at its characters only, valid if it is JSON. */
interface Scan {
  /** One per key of an object. */
  readonly colons: number;
  /** Numbers that a JavaScript number may not represent. */
  readonly longNumbers: readonly string[];
}

/** A number of at most this many characters, without an exponent, is always representable. */
const heldCharacters = 15;

function scan(text: string, nestingMax: number): Scan {
  const longNumbers: string[] = [];
  let depth = 0;
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = closingQuote(text, at);
        break;
      case 0x3a: // :
        colons++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > nestingMax) {
          throw new CodecError("invalid", `a line nests deeper than ${nestingMax}`, { option: "nestingMax" });
        }
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2d: // -
      case 0x30:
      case 0x31:
      case 0x32:
      case 0x33:
      case 0x34:
      case 0x35:
      case 0x36:
      case 0x37:
      case 0x38:
      case 0x39: {
        const end = numberEnd(text, at);
        if (end - at > heldCharacters || hasExponent(text, at, end)) longNumbers.push(text.slice(at, end));
        at = end - 1;
      }
    }
  }
  return { colons, longNumbers };
}

/** The index after a number: after its digits, signs, point and exponent. */
function numberEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && code !== 0x2e && code !== 0x2b && code !== 0x2d && (code | 0x20) !== 0x65) return at;
  }
}

function hasExponent(text: string, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if ((text.charCodeAt(at) | 0x20) === 0x65) return true;
  return false;
}

/** The index of the quote that ends the string at `from`; the end of the text if there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}

/**
 * Whether JavaScript changes the number: an integer that it rounds, or a number that becomes infinite
 * or zero. Rounding of fractions and of numbers with an exponent is normal, and does not count.
 */
function isChanged(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /^[^eE]*[1-9]/.test(number);
  // The shortest spelling of a large number has fewer digits than the exact one, but parses to the same value.
  return /^-?\d+$/.test(number) && String(value) !== number && BigInt(value) !== BigInt(number);
}

function cut(number: string): string {
  return number.length <= 40 ? number : `${number.slice(0, 40)}…`;
}

function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let keys = inside === value ? 0 : inside.length;
  for (const one of inside) keys += keysOf(one);
  return keys;
}

function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}

/**
 * The value as JSON without line breaks.
 *
 * @throws {TypeError} for a value that JSON would lose or change.
 */
export function writeJson(value: unknown): string {
  let hasMinusZero = false;
  const text = stringify(value, function check(this: unknown, key: string, one: unknown): unknown {
    refuseLoss(this, key, one);
    if (Object.is(one, -0)) hasMinusZero = true;
    return one;
  });
  return hasMinusZero ? withMinusZero(value, text) : text;
}

function stringify(
  value: unknown,
  replacer: (this: unknown, key: string, value: unknown) => unknown,
): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, replacer);
  } catch (error) {
    // For a circular value, V8's message is a multi-line drawing.
    const [reason] = (error as Error).message.split("\n", 1);
    throw new TypeError(`jsonLines: the message cannot be sent as JSON: ${reason}`, { cause: error });
  }
  if (text !== undefined) return text;
  throw new TypeError("jsonLines: the message cannot be sent as JSON: it is undefined");
}

/** JSON.stringify writes -0 as 0, so a unique marker stands in for it and is replaced afterwards. */
function withMinusZero(value: unknown, text: string): string {
  let mark = "-0";
  while (text.includes(mark)) mark += "-";
  return stringify(value, (_key, one) => (Object.is(one, -0) ? mark : one)).replaceAll(`"${mark}"`, "-0");
}

/** Throws for values that JSON.stringify would silently drop or change, except properties that are `undefined`. */
function refuseLoss(holder: unknown, key: string, value: unknown): void {
  if (key === "__proto__") throw new TypeError("it has the key __proto__");
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`it holds a ${typeof value}`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`it holds ${value}`);
  if (value === undefined && Array.isArray(holder)) throw new TypeError("it holds an array with undefined");
  if (typeof value === "object" && value !== null && isNoRecord(value))
    throw new TypeError(`it holds ${shown(value)}; make an array, an object or a string of it`);
}

/** Whether the content of an object is outside its properties, or is bytes, which would become numbered properties. */
function isNoRecord(value: object): boolean {
  if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return false;
  return ArrayBuffer.isView(value) || noRecords.some((kind) => value instanceof kind);
}

const noRecords = [Map, Set, WeakMap, WeakSet, ArrayBuffer, RegExp, Promise, Error];
