/**
 * JSON read and written strictly: what would be lost, or taken for something else,
 * is refused.
 *
 * A peer chooses what is read. So two things that JSON allows and programs stumble
 * over are refused as well: values that nest without end, and the key `__proto__`,
 * which an assignment further on (`Object.assign`) takes for the prototype.
 */
import { shown } from "../base/arguments.ts";
import { CodecError } from "./codec.ts";

/** A value, and the text that it was read from. */
export interface ReadJson {
  readonly text: string;
  readonly value: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The key itself, or an escape that could stand for one of its letters. */
const perhapsProto = /__proto__|\\u00[567]/i;

/**
 * @param keeps whether the value has to keep what the text says, since the text is thrown away.
 * @throws {CodecError} `invalid`, saying what is wrong with "a line".
 */
export function readJson(bytes: Uint8Array, nestingMax: number, keeps: boolean): ReadJson {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid("is not UTF-8");
  }
  // Before it is parsed: what nests too deeply should not be built first.
  const { colons, longNumbers } = scan(text, nestingMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("is no JSON");
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

/** What a look at the characters alone tells of a text, if it is JSON. */
interface Scan {
  /** One for each key of an object. */
  readonly colons: number;
  /** Those that a number of JavaScript may not hold. */
  readonly longNumbers: readonly string[];
}

/** Fewer characters, without an exponent, are always held. */
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

/** Where a number ends: behind its digits, signs, point and exponent. */
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

/** Where the string ends that begins at `from`; the end of the text if it does not. */
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
 * Whether JavaScript would make another number of it: an integer that it rounds, or any number
 * that becomes infinite or zero. A fraction is rounded to the nearest double everywhere, and so is
 * what has an exponent.
 */
function isChanged(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /^[^eE]*[1-9]/.test(number);
  // Its own spelling of a large number has fewer digits than the exact one, and is read back as the same.
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
 * The value as JSON, without a line break.
 *
 * @throws {TypeError} for what would not arrive.
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
    // Of a value that holds itself, V8 draws a picture in several lines.
    const [reason] = (error as Error).message.split("\n", 1);
    throw new TypeError(`jsonLines: the message cannot be sent as JSON: ${reason}`, { cause: error });
  }
  if (text !== undefined) return text;
  throw new TypeError("jsonLines: the message cannot be sent as JSON: it is undefined");
}

/** JSON.stringify writes -0 as 0; so a mark that stands nowhere else is put in its place. */
function withMinusZero(value: unknown, text: string): string {
  let mark = "-0";
  while (text.includes(mark)) mark += "-";
  return stringify(value, (_key, one) => (Object.is(one, -0) ? mark : one)).replaceAll(`"${mark}"`, "-0");
}

/** What JSON.stringify would leave out, or make something else of, without a word; all but properties that are `undefined`. */
function refuseLoss(holder: unknown, key: string, value: unknown): void {
  if (key === "__proto__") throw new TypeError("it has the key __proto__");
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`it holds a ${typeof value}`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`it holds ${value}`);
  if (value === undefined && Array.isArray(holder)) throw new TypeError("it holds an array with undefined");
  if (typeof value === "object" && value !== null && isNoRecord(value))
    throw new TypeError(`it holds ${shown(value)}; make an array, an object or a string of it`);
}

/** Objects whose content is not in their properties, and bytes, which would become an object of numbered ones. */
function isNoRecord(value: object): boolean {
  if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) return false;
  return ArrayBuffer.isView(value) || noRecords.some((kind) => value instanceof kind);
}

const noRecords = [Map, Set, WeakMap, WeakSet, ArrayBuffer, RegExp, Promise, Error];
