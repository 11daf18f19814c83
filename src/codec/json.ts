/**
 * JSON read and written strictly: what would be lost, or taken for something else,
 * is refused.
 *
 * A peer chooses what is read. So two things that JSON allows and programs stumble
 * over are refused as well: values that nest without end, and the key `__proto__`,
 * which an assignment further on (`Object.assign`) takes for the prototype.
 */
import { CodecError } from "./codec.ts";

/** A value, and the text that it was read from. */
export interface ReadJson {
  readonly text: string;
  readonly value: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The key itself, or an escape that could stand for one of its letters. */
const perhapsProto = /__proto__|\\u00[567]/i;

/** @throws {CodecError} `invalid`, saying what is wrong with "a line". */
export function readJson(bytes: Uint8Array, nestingMax: number): ReadJson {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new CodecError("invalid", "a line is not UTF-8");
  }
  if (nestsDeeper(text, nestingMax)) {
    throw new CodecError("invalid", `a line nests deeper than ${nestingMax}`, { option: "nestingMax" });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CodecError("invalid", "a line is no JSON");
  }
  if (perhapsProto.test(text) && hasProto(value)) {
    throw new CodecError("invalid", "a line has an object with the key __proto__");
  }
  return { text, value };
}

/** Looks at brackets alone, as what nests too deeply should not be built first. */
function nestsDeeper(text: string, nestingMax: number): boolean {
  // Each level takes two characters.
  if (text.length <= 2 * nestingMax) return false;
  let depth = 0;
  let isText = false;
  // Not a regular expression: one that looks for the end of a text tries from every quote, if there is none.
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') isText = !isText;
    else if (isText) at += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > nestingMax) return true;
  }
  return false;
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
  let text: string | undefined;
  try {
    text = JSON.stringify(value, refuseLosses);
  } catch (error) {
    // Of a value that holds itself, V8 draws a picture in several lines.
    const [reason] = (error as Error).message.split("\n", 1);
    throw new TypeError(`jsonLines: the message cannot be sent as JSON: ${reason}`, { cause: error });
  }
  if (text !== undefined) return text;
  throw new TypeError("jsonLines: the message cannot be sent as JSON: it is undefined");
}

/** What JSON.stringify would leave out, or make `null` of, without a word; all but properties that are `undefined`. */
function refuseLosses(this: unknown, key: string, value: unknown): unknown {
  if (key === "__proto__") throw new TypeError("it has the key __proto__");
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`it holds a ${typeof value}`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`it holds ${value}`);
  if (value === undefined && Array.isArray(this)) throw new TypeError("it holds an array with undefined");
  return value;
}
