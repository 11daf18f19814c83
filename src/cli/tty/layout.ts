/**
 * Where a terminal puts text: which cell each character gets, and where the cursor
 * then stands. Arithmetic only; screen.ts draws by it.
 */
import { eastAsianWidth } from "get-east-asian-width";

/** A place on the screen, counted from where one chooses to begin. */
export interface Position {
  readonly row: number;
  /** As many as there are columns means that the row is full: the next character goes to the next one. */
  readonly column: number;
}

const tabWidth = 8;

/** Where the cursor stands behind `text` that is written at `from`. LF begins the next row. */
export function advance(from: Position, text: string, columns: number): Position {
  let { row, column } = from;
  for (const character of text) {
    if (character === "\n") {
      row += 1;
      column = 0;
    } else if (character === "\t") {
      // A tab does not go on in the next row.
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
/** The cells of one character that is not a control character. */
export function cellsOf(character: string): 0 | 1 | 2 {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (zeroWidth.test(character)) return 0;
  if (codePoint < 0x1100) return 1;
  return eastAsianWidth(codePoint);
}

/** A part of a text, and the cursor in it. */
export interface TextWindow {
  readonly text: string;
  readonly cursor: number;
}

/** The part around the cursor that has room in so many cells; `…` stands for what is left out on either side. */
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
