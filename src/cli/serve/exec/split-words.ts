/**
 * Splits a command line into words as a shell does, and does nothing else that a shell does: no variables, no
 * patterns, no pipes (F94).
 */
import { quote } from "../../../base/text/quote.ts";
import { UsageError } from "../../usage.ts";

/** Operators that only a shell can carry out; quote one to pass it as text. */
const shellOperator = /^(?:[|&;<>]|&&|\|\||>>|<<|\d>|2>&1)$/;

/** A part in single quotes, a part in double quotes, an escaped character, a part without quotes, or a gap. */
const part = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)|(\s+)|([^])/gu;

/**
 * Spaces separate words. Between single quotes every character stands for itself. Between double quotes too, except
 * `\"` and `\\`. Elsewhere a backslash takes the next character literally.
 *
 * @throws {UsageError} for a quote that is not closed, and for shell operators.
 */
export function splitWords(text: string, option: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let plain = true;
  const finish = (): void => {
    if (word !== undefined) {
      if (plain && shellOperator.test(word)) {
        throw new UsageError(`${option}: ${quote(word)} is for a shell; write --sh, or quote it`);
      }
      words.push(word);
    }
    word = undefined;
    plain = true;
  };
  for (const [whole, single, double, escaped, bare, gap] of text.matchAll(part)) {
    if (gap !== undefined) {
      finish();
      continue;
    }
    const taken = single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? bare;
    if (taken === undefined) {
      const wrong = whole === "\\" ? "nothing stands behind the last \\" : `the ${whole} is not closed`;
      throw new UsageError(`${option} ${quote(text)}: ${wrong}`);
    }
    word = (word ?? "") + taken;
    plain &&= bare !== undefined;
  }
  finish();
  return words;
}
