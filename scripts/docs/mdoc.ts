/**
 * The subset of mdoc that the manual pages need: escaped text, and the blocks of prose.ts.
 */
import { blocksOf, type Block, type Row } from "../../src/cli/help/prose.ts";

/** Characters that a formatter interprets anywhere, or prints as others. */
const named: Readonly<Record<string, string>> = { "\\": "\\e", '"': "\\(dq" };

/** Characters that prose shows in typographic form, and that input to be typed must keep. */
const namedInCode: Readonly<Record<string, string>> = {
  ...named,
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

function literal(text: string): string {
  return atMargin(escaped(text, namedInCode));
}

/** Sentences, one a line; text between backquotes is bold. */
export function prose(text: string): string {
  const sentences = text.split(/(?<=[.!?]) (?=[A-Z-])/);
  return sentences.map((sentence) => atMargin(inProse(sentence))).join("\n");
}

function inProse(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      /^`[^`]*`$/.test(part)
        ? `\\fB${escaped(part.slice(1, -1), namedInCode)}\\fR`
        : // An option is not broken at its hyphens.
          escaped(part, named).replaceAll(/(?<![\p{L}\p{N}\\])-[\w-]*/gu, (word) =>
            escaped(word, namedInCode),
          ),
    )
    .join("");
}

export function argument(text: string): string {
  const safe = literal(text);
  // Alone, these would be the punctuation after an argument.
  if (/^[.,:;()[\]?!|]$/.test(text)) return `\\&${text}`;
  return safe === "" || /\s/.test(safe) ? `"${safe}"` : safe;
}

function escaped(text: string, names: Readonly<Record<string, string>>): string {
  return text
    .replaceAll(/[\\"'`^~-]/g, (character) => names[character] ?? character)
    .replaceAll(/[^\0-\x7f]/gu, (character) => {
      const codePoint = character.codePointAt(0) as number;
      return `\\[u${codePoint.toString(16).toUpperCase().padStart(4, "0")}]`;
    });
}

/** A line that begins with one of these would be a command. */
function atMargin(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** A text in the form of prose.ts; no gap after a line that ends in a colon. */
export function body(text: string): string {
  const lines: string[] = [];
  let announces = true;
  for (const block of blocksOf(text)) {
    if (!announces) lines.push(".Pp");
    lines.push(blockText(block));
    announces = block.type === "paragraph" && block.text.endsWith(":");
  }
  return lines.join("\n");
}

function blockText(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return prose(block.text);
    case "rows":
      return rowList(block.rows);
    default:
      return verbatim(block.lines);
  }
}

/** The longest term with its meaning on the same line. */
const termCharactersMax = 20;

/** A compact list of terms to be typed or read literally. */
export function rowList(rows: readonly Row[]): string {
  const lengths = rows.map(([term]) => term.length).filter((length) => length <= termCharactersMax);
  const width = `${Math.max(0, ...lengths)}n`;
  return listOf(
    `-width ${width} -compact`,
    rows.map(([term, meaning]) => [`Cm ${argument(term)}`, meaning]),
  );
}

/** A list of terms, each as macros, with their meanings. */
export function list(items: readonly Row[]): string {
  return listOf("-width Ds", items);
}

function listOf(shape: string, items: readonly Row[]): string {
  const rows = items.map(([term, meaning]) => `.It ${term}\n${prose(meaning)}`);
  return [`.Bl -tag ${shape}`, ...rows, ".El"].join("\n");
}

export function verbatim(lines: readonly string[]): string {
  return [".Bd -literal -offset indent", ...lines.map(literal), ".Ed"].join("\n");
}
