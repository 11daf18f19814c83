/**
 * What people may write in a chat: text that can be seen, on one line, and names that
 * cannot be taken for another or for none.
 */
import { replaceHidden } from "../../base/text/quote.ts";

/** Longest name, in characters. */
const nameCharactersMax = 20;

/**
 * A line without what cannot be seen: controls, line separators, bidi and zero-width
 * characters; a TAB is a space. Marks piled on one letter, which would cover other lines,
 * are cut.
 */
export function cleanText(line: string): string {
  const seen = replaceHidden(line.replaceAll("\t", " "), () => "");
  return seen.replace(/(\p{M}{3})\p{M}+/gu, "$1").trim();
}

/**
 * Why a name cannot be, or `undefined` if it can. Letters of one alphabet only: many
 * others have letters that look like these. A letter comes first, so that a line keeps its
 * direction whatever follows.
 */
export function whyNoName(name: string): string | undefined {
  if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    return name.length <= nameCharactersMax
      ? undefined
      : `A name has ${nameCharactersMax} characters at most.`;
  }
  return "A name is made of letters from a to z, digits, - and _, a letter first.";
}
