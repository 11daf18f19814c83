/**
 * A command line in one text, cut into words as a shell would, and nothing else a
 * shell does: no variables, no patterns, no pipes (F94).
 */
import { quote } from "../../../base/text/quote.ts";
import { UsageError } from "../../usage.ts";

/** What only a shell knows to obey; one that is meant as it stands is quoted. */
const shellOperator = /^(?:[|&;<>]|&&|\|\||>>|<<|\d>|2>&1)$/;

/** A word outside quotes, a part in single ones, a part in double ones, an escaped character, a gap. */
const part = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)|(\s+)|([^])/gu;

/**
 * Spaces part words. Between single quotes everything stands for itself; between
 * double quotes too, but for `\"` and `\\`; elsewhere a backslash takes the next
 * character as it is.
 *
 * @throws {UsageError} for a quote that is not closed, and for what asks for a shell.
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
