/**
 * Untrusted text inside messages: always visible, always on one line.
 *
 * Text from a peer, a name server or a command line may contain control characters, invisible
 * characters, or characters that reverse the reading order. This file decides which ones are hidden
 * characters. The command's terminal filter uses the same list.
 */

/** Maximum length of a quotation, in characters. */
const quotedCharactersMax = 100;

/**
 * Characters that are invisible or displayed out of order: controls (C0, C1, DEL), bidi and other
 * format characters, zero-width and filler characters, variation selectors, line and paragraph
 * separators, lone surrogates, noncharacters.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** The text with each hidden character, LF and TAB included, replaced by the result of `show` for its code point. */
export function replaceHidden(text: string, show: (codePoint: number) => string): string {
  return text.replace(hidden, (character) => show(character.codePointAt(0) ?? 0));
}

/**
 * The text as a quoted string for a message.
 *
 * The result reads like a JavaScript string literal. Quotes, backslashes and hidden characters are
 * escaped (`\n`, `\x1b`, `\u202e`, `\u{e0041}`). A long text is cut; the ellipsis follows the closing
 * quote, where the text itself cannot put one.
 *
 * @example
 * quote("80\n"); // "80\n", with the backslash
 */
export function quote(text: string): string {
  let quoted = "";
  let length = 0;
  for (const character of text) {
    if (length === quotedCharactersMax) return `"${quoted}"…`;
    quoted += character === '"' || character === "\\" ? `\\${character}` : replaceHidden(character, escaped);
    length += 1;
  }
  return `"${quoted}"`;
}

function escaped(codePoint: number): string {
  if (codePoint === 0x0a) return "\\n";
  if (codePoint === 0x0d) return "\\r";
  if (codePoint === 0x09) return "\\t";
  const hex = codePoint.toString(16);
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  if (codePoint <= 0xffff) return `\\u${hex.padStart(4, "0")}`;
  return `\\u{${hex}}`;
}
