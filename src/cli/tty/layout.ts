/**
 * How a terminal lays out text: the cell of each character, and the final position of the cursor. Pure arithmetic;
 * screen.ts uses it to draw.
 */
import { eastAsianWidth } from "get-east-asian-width";

/** A position on the screen, relative to a chosen origin. */
export interface Position {
  readonly row: number;
  /** If it equals the number of columns, the row is full and the next character goes to the next row. */
  readonly column: number;
}

const tabWidth = 8;

/** The position of the cursor after writing `text` at `from`. LF starts the next row. */
export function advance(from: Position, text: string, columns: number): Position {
  let { row, column } = from;
  for (const character of text) {
    if (character === "\n") {
      row += 1;
      column = 0;
    } else if (character === "\t") {
      // A tab does not continue in the next row.
      if (column < columns) column = Math.min(columns - 1, column - (column % tabWidth) + tabWidth);
    } else {
      const cells = cellsOf(character);
      if (column + cells > columns && cells > 0) {
        row += 1;
        column = 0;
      }
      column = Math.min(columns, column + cells);
    }
  }
  return { row, column };
}

const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
/** The cells of one character, which is not a control character. */
export function cellsOf(character: string): 0 | 1 | 2 {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (zeroWidth.test(character)) return 0;
  if (codePoint < 0x1100) return 1;
  return eastAsianWidth(codePoint);
}

/** A part of a text with its cursor. */
export interface TextWindow {
  readonly text: string;
  readonly cursor: number;
}

/** The part around the cursor that fits in this many cells. `…` marks what is left out on either side. */
export function windowAround(text: string, cursor: number, cellsMax: number): TextWindow {
  if (text.length * 2 <= cellsMax || cellsIn(text) <= cellsMax) return { text, cursor };
  const room = Math.max(2, cellsMax - 2);
  const before = Array.from(text.slice(0, cursor));
  const after = Array.from(text.slice(cursor));
  const left = takeCells(before.toReversed(), room - Math.min(room >> 1, cellsIn(after))).toReversed();
  const right = takeCells(after, room - cellsIn(left));
  const head = (left.length < before.length ? "…" : "") + left.join("");
  return { text: head + right.join("") + (right.length < after.length ? "…" : ""), cursor: head.length };
}

function takeCells(characters: readonly string[], cellsMax: number): string[] {
  const taken: string[] = [];
  let cells = 0;
  for (const character of characters) {
    cells += cellsOf(character);
    if (cells > cellsMax) break;
    taken.push(character);
  }
  return taken;
}

function cellsIn(characters: Iterable<string>): number {
  let cells = 0;
  for (const character of characters) cells += cellsOf(character);
  return cells;
}
