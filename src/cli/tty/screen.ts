/**
 * The screen: received output, and the line that is being typed.
 *
 *     HTTP/1.1 200 OK            output: written once and never changed
 *     login: bo█                 an unfinished line, followed by the typed text
 *
 * Each method returns the text to send to the terminal. New output replaces the typed line, which is drawn again
 * after it. While nothing is typed, only the output is sent. This class writes nothing itself, and knows no keys.
 */
import { terminalSafe } from "./terminal-text.ts";
import { advance, windowAround, type Position } from "./layout.ts";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** The part of an unfinished line that is stored. The rest only matters for the column where this begins. */
const unfinishedMax = 4_096;

const toLineStart = "\r";
const clearBelow = "\x1b[J";
const oneUp = "\x1b[A";

export class Screen {
  readonly #prompt: string;
  #size: ScreenSize;
  /** The unfinished last line of the output. */
  #unfinished = "";
  #unfinishedFrom: Position = { row: 0, column: 0 };
  #typed = "";
  #cursor = 0;
  /** The typed line on the screen; empty if there is none. */
  #drawn = "";
  /** Its part before the cursor. */
  #drawnBefore = "";
  /** The output fills its row, and the cursor is already on the next one. */
  #pastFullRow = false;

  constructor(size: ScreenSize, prompt = "") {
    this.#size = size;
    this.#prompt = prompt;
  }

  /** The unfinished last line of the output, which may be a prompt of the peer. */
  get unfinished(): string {
    return this.#unfinished;
  }

  output(text: string): string {
    const [before, after] = this.around(text);
    return before + text + after;
  }

  /** The text to write before and after new output, of which `shown` is visible. */
  around(shown: string): readonly [before: string, after: string] {
    return shown === "" ? ["", ""] : [this.#erase() + this.#put(shown), this.#draw()];
  }

  /** Shows a line of our own, at the start of a row. */
  say(line: string): string {
    const { row, column } = this.#start();
    return this.output(`${row === 0 && column === 0 ? "" : "\n"}${line}\n`);
  }

  type(text: string, cursor: number): string {
    const added = this.#addedAtEnd(text, cursor);
    this.#typed = text;
    this.#cursor = cursor;
    if (added === undefined) return this.#erase() + this.#draw();
    this.#drawn = this.#prompt + visible(text);
    this.#drawnBefore = this.#drawn;
    return added;
  }

  /** Finishes the typed line: it stays on the screen, followed by `mark`. */
  enter(mark = ""): string {
    const typed = this.#typed + mark;
    const line = `${this.#prompt}${visible(typed)}\n`;
    const added = this.#addedAtEnd(typed, typed.length);
    this.#typed = "";
    this.#cursor = 0;
    if (added === undefined) return this.output(line);
    this.#drawn = "";
    return `${this.#put(line)}${added}\n${this.#draw()}`;
  }

  /** Sets a new size of the terminal. Its content is assumed to have been wrapped again. */
  resize(size: ScreenSize): string {
    this.#size = size;
    this.#pastFullRow = false;
    return this.#erase() + this.#draw();
  }

  /** Clears the screen except the typed line. */
  clear(): string {
    this.#drawn = "";
    return `\x1b[H\x1b[2J${this.comeBack()}`;
  }

  /** Leaves the screen to another program; a half-typed line stays there. */
  leave(): string {
    if (this.#typed === "") return this.#erase();
    const line = `${this.#prompt}${visible(this.#typed)}\n`;
    return this.#erase() + this.#put(line) + line;
  }

  /** Returns to a screen on which another program has written lines. */
  comeBack(size: ScreenSize = this.#size): string {
    this.#size = size;
    this.#beginLine();
    this.#pastFullRow = false;
    return this.#erase() + this.#draw();
  }

  #beginLine(): void {
    this.#unfinished = "";
    this.#unfinishedFrom = { row: 0, column: 0 };
  }

  /** The end of the output, where the typed line begins. */
  #start(): Position {
    const from = { row: 0, column: Math.min(this.#unfinishedFrom.column, this.#size.columns) };
    return advance(from, this.#unfinished, this.#size.columns);
  }

  #erase(): string {
    if (this.#drawn === "") return "";
    const start = this.#start();
    const cursor = this.#settled(advance(start, this.#drawnBefore, this.#size.columns));
    this.#drawn = "";
    const full = start.column === this.#size.columns;
    this.#pastFullRow = full;
    return up(cursor.row - start.row - (full ? 1 : 0)) + toColumn(full ? 0 : start.column) + clearBelow;
  }

  /** After a full row, the cursor moves to the next one as soon as anything is drawn there. */
  #settled({ row, column }: Position): Position {
    return column === this.#size.columns ? { row: row + 1, column: 0 } : { row, column };
  }

  /** Updates the position for text to be written, and returns what must be written before it. */
  #put(shown: string): string {
    // A full row followed by a newline is one row, not two.
    const back = this.#pastFullRow && shown.startsWith("\n") ? oneUp : "";
    // A tab would not leave a full row; it continues from the cursor.
    if (this.#pastFullRow && shown.startsWith("\t")) this.#beginLine();
    this.#pastFullRow = false;
    const lineStart = shown.lastIndexOf("\n") + 1;
    if (lineStart > 0) this.#beginLine();
    this.#unfinished += shown.slice(lineStart);
    if (this.#unfinished.length > unfinishedMax) {
      this.#unfinishedFrom = this.#start();
      this.#unfinished = "";
    }
    return back;
  }

  #draw(): string {
    const { columns, rows } = this.#size;
    const whole = this.#prompt + visible(this.#typed);
    if (whole === "") return "";
    const cursorInWhole = this.#prompt.length + visible(this.#typed.slice(0, this.#cursor)).length;
    const cellsMax = columns * Math.max(1, rows >> 1);
    const { text, cursor } = windowAround(whole, cursorInWhole, cellsMax);
    this.#pastFullRow = false;
    this.#drawn = text;
    this.#drawnBefore = text.slice(0, cursor);
    const start = this.#start();
    const end = advance(start, text, columns);
    // After a full row the cursor position is undefined, so the next row is started.
    const drawn = end.column === columns ? `${text} ${toLineStart}` : text;
    if (cursor === text.length) return drawn;
    const at = this.#settled(advance(start, this.#drawnBefore, columns));
    return drawn + up(this.#settled(end).row - at.row) + toColumn(at.column);
  }

  /** The text typed at the end of the line, if nothing else has changed and it fits in its row. */
  #addedAtEnd(text: string, cursor: number): string | undefined {
    const { columns } = this.#size;
    const isAtEnd = this.#cursor === this.#typed.length && cursor === text.length;
    const isWhole = this.#drawn === this.#prompt + visible(this.#typed) && this.#drawn !== "";
    if (!isAtEnd || !isWhole || !text.startsWith(this.#typed)) return undefined;
    const added = visible(text.slice(this.#typed.length));
    const { column } = this.#settled(advance(this.#start(), this.#drawn, columns));
    const end = advance({ row: 0, column }, added, columns);
    return column > 0 && end.row === 0 && end.column < columns ? added : undefined;
  }
}

/** The typed text without control characters; a tab gets a fixed width. */
function visible(text: string): string {
  return terminalSafe(text).replaceAll("\t", "    ");
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

function toColumn(column: number): string {
  return toLineStart + (column > 0 ? `\x1b[${column}C` : "");
}
