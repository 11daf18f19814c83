/** Rules for chat text: visible, on one line; and for names, which must be unambiguous. */
import { replaceHidden } from "../../base/text/quote.ts";

const nameCharactersMax = 20;

/**
 * Removes invisible characters: controls, line separators, bidi and zero-width characters; a TAB
 * becomes a space. Limits the combining marks on a letter, which could cover other lines.
 */
export function cleanText(line: string): string {
  const seen = replaceHidden(line.replaceAll("\t", " "), () => "");
  return seen.replace(/(\p{M}{3})\p{M}+/gu, "$1").trim();
}

/**
 * Why a name is invalid, or `undefined` if it is valid. Only Latin letters: many other scripts have
 * look-alikes. A letter comes first, which fixes the text direction of the line.
 */
export function nameError(name: string): string | undefined {
  if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    return name.length <= nameCharactersMax
      ? undefined
      : `A name has at most ${nameCharactersMax} characters.`;
  }
  return "A name has only letters from a to z, digits, - and _, and begins with a letter.";
}
