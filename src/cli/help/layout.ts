/**
 * Help for a terminal of any width: paragraphs are filled, and meanings stand beside their terms, or below them if
 * there is little room.
 */
import { blocksOf, type Block, type Row } from "./prose.ts";

const usualColumns = 100;
const columnsMin = 40;
/** Longer lines are hard to read. */
const columnsMax = 110;

/** The width of help: COLUMNS, or the terminal's width, or 100, so that piped help is the same everywhere. */
export function helpColumns(fromEnvironment: string | undefined, ofTerminal: number | undefined): number {
  const asked = /^[1-9]\d{0,4}$/.test(fromEnvironment ?? "") ? Number(fromEnvironment) : undefined;
  // A terminal that does not know its width reports 0.
  const columns = asked ?? (ofTerminal === 0 ? undefined : ofTerminal) ?? usualColumns;
  return Math.min(Math.max(columns, columnsMin), columnsMax);
}

/**
 * The lines of a text. A line is longer than `columns` only if it is a single word. Text between backquotes is one
 * word.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > columns && line !== "") {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

const indent = "  ";
const below = "      ";
/** The longest term whose meaning stands beside it. */
const termCharactersMax = 24;
/** If meanings would have less room than this, they stand below. */
const meaningCharactersMin = 30;

/** Rows: terms in one column, meanings beside them. */
export function layRows(rows: readonly Row[], columns: number): string[] {
  const lengths = rows.map(([term]) => term.length).filter((length) => length <= termCharactersMax);
  const column = Math.max(0, ...lengths) + indent.length;
  const room = columns - indent.length - column;
  return rows.flatMap(([term, meaning]) => {
    if (room < meaningCharactersMin) {
      return [indent + term, ...wrap(meaning, columns - below.length).map((line) => below + line)];
    }
    const [first = "", ...others] = wrap(meaning, room).map((line) => " ".repeat(column) + line);
    const isBeside = term.length <= termCharactersMax;
    const beginning = isBeside ? [indent + term + first.slice(term.length)] : [indent + term, indent + first];
    return [...beginning, ...others.map((line) => indent + line)];
  });
}

/** A text in blocks, with an empty line between them. There is none after a line that ends in a colon. */
export function layText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let announces = true;
  for (const block of blocksOf(text)) {
    if (!announces) lines.push("");
    lines.push(...layBlock(block, columns));
    announces = block.type === "paragraph" && block.text.endsWith(":");
  }
  return lines;
}

function layBlock(block: Block, columns: number): string[] {
  switch (block.type) {
    case "paragraph":
      return wrap(block.text, columns);
    case "rows":
      return layRows(block.rows, columns);
    default:
      return block.lines.map((line) => indent + line);
  }
}

/** A command line, unchanged, with its description below. */
export function layExample([line, does]: Row, columns: number): string[] {
  return [indent + line, ...wrap(does, columns - below.length).map((one) => below + one)];
}
