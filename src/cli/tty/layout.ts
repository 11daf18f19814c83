/**
 * Where a terminal puts text: which cell each character gets, and where the cursor
 * then stands. Arithmetic only; screen.ts draws by it.
 */

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
const pictogram = /\p{Emoji_Presentation}/u;

/** The wide characters of East Asia (UAX 11, W and F), as ranges. */
const wide: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

/** The cells of one character that is not a control character. */
export function cellsOf(character: string): 0 | 1 | 2 {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (zeroWidth.test(character)) return 0;
  if (codePoint < 0x1100) return 1;
  const isWide = wide.some(([first, last]) => codePoint >= first && codePoint <= last);
  return isWide || pictogram.test(character) ? 2 : 1;
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
