/**
 * Foreign text inside our own messages: always visible, always on one line.
 *
 * What a peer, a name server or a command line hands over may hold control
 * characters, invisible ones, or ones that turn the order of reading round. Here
 * it is decided which characters those are; the terminal filter of the command
 * uses the same list.
 */

/** Longest quotation, in characters, before it is cut. */
const quotedCharactersMax = 100;

/**
 * What a reader cannot see, or would see in the wrong place: controls (C0, C1,
 * DEL), bidi and other format characters, zero-width and filler characters,
 * variation selectors, line and paragraph separators, halves of surrogate pairs,
 * noncharacters.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** The text with each hidden character replaced by what `show` makes of its code point; LF and TAB are hidden ones too. */
export function replaceHidden(text: string, show: (codePoint: number) => string): string {
  return text.replace(hidden, (character) => show(character.codePointAt(0) ?? 0));
}

/**
 * The text as a quoted string for a message.
 *
 * Reads like a JavaScript string literal: quotes and backslashes are escaped, and
 * so is every hidden character (`\n`, `\x1b`, `\u202e`, `\u{e0041}`). A long text
 * is cut, and the ellipsis then stands behind the closing quote, where the text
 * itself cannot put one.
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
