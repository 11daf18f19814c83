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

const numberCharacters = /[-+.0-9eE]*/y;
/** Fewer digits, without an exponent, are always held. */
const heldDigits = 15;

function scan(text: string, nestingMax: number): Scan {
  const longNumbers: string[] = [];
  let depth = 0;
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') at = closingQuote(text, at);
    else if (character === ":") colons++;
    else if (character === "]" || character === "}") depth--;
    else if (character === "[" || character === "{") {
      if (++depth > nestingMax) {
        throw new CodecError("invalid", `a line nests deeper than ${nestingMax}`, { option: "nestingMax" });
      }
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      numberCharacters.lastIndex = at;
      const [number = ""] = numberCharacters.exec(text) ?? [];
      if (number.length > heldDigits || /e/i.test(number)) longNumbers.push(number);
      at += number.length - 1;
    }
  }
  return { colons, longNumbers };
}

/** Where the string ends that begins at `from`; the end of the text if it does not. */
function closingQuote(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
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
  const inside = Object.values(value);
  return inside.reduce<number>((sum, one) => sum + keysOf(one), Array.isArray(value) ? 0 : inside.length);
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
  const text = stringify(value, function refuseLosses(this: unknown, key: string, one: unknown): unknown {
    refuseLoss(this, key, one);
    hasMinusZero ||= Object.is(one, -0);
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
  return (
    ArrayBuffer.isView(value) ||
    [Map, Set, WeakMap, WeakSet, ArrayBuffer, RegExp, Promise, Error].some((kind) => value instanceof kind)
  );
}
