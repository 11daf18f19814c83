/**
 * What is on the screen: what has come, and below it the line that is being typed.
 *
 *     HTTP/1.1 200 OK            what has come: written once, never again
 *     login: bo█                 an unfinished line; what is typed stands behind it
 *
 * Each method returns what the terminal must be sent. What comes takes the place of
 * the typed line, which is drawn anew behind it; while nothing is typed, nothing but
 * what comes is sent. Nothing here writes, or knows of keys.
 */
import { terminalSafe } from "./terminal-text.ts";
import { advance, windowAround, type Position } from "./layout.ts";

/** The size of a terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of an unfinished line, what is remembered: the rest of it only counts as the column where this begins. */
const unfinishedMax = 4_096;

const toLineStart = "\r";
const clearBelow = "\x1b[J";
const oneUp = "\x1b[A";

export class Screen {
  readonly #prompt: string;
  #size: ScreenSize;
  /** The end of what has come, if it ends within a line. */
  #unfinished = "";
  #unfinishedFrom: Position = { row: 0, column: 0 };
  #typed = "";
  #cursor = 0;
  /** The typed line as it stands on the screen; empty if none does. */
  #drawn = "";
  /** The part of it before the cursor. */
  #drawnBefore = "";
  /** What has come fills its row, and the cursor is on the next one already. */
  #pastFullRow = false;

  constructor(size: ScreenSize, prompt = "") {
    this.#size = size;
    this.#prompt = prompt;
  }

  /** The end of what has come, if it ends within a line: what the peer may be asking. */
  get unfinished(): string {
    return this.#unfinished;
  }

  /** Something has come. */
  output(text: string): string {
    const [before, after] = this.around(text);
    return before + text + after;
  }

  /** What must stand before and behind something that has come, of which `shown` is what is seen. */
  around(shown: string): readonly [before: string, after: string] {
    return shown === "" ? ["", ""] : [this.#erase() + this.#put(shown), this.#draw()];
  }

  /** A line of our own, which begins where a line begins. */
  say(line: string): string {
    const { row, column } = this.#start();
    return this.output(`${row === 0 && column === 0 ? "" : "\n"}${line}\n`);
  }

  /** The typed line has changed. */
  type(text: string, cursor: number): string {
    const added = this.#addedAtEnd(text, cursor);
    this.#typed = text;
    this.#cursor = cursor;
    if (added === undefined) return this.#erase() + this.#draw();
    this.#drawn = this.#prompt + visible(text);
    this.#drawnBefore = this.#drawn;
    return added;
  }

  /** The typed line is finished: it stays on the screen, with `mark` behind it. */
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

  /** The terminal has another size. What stands on it is taken to have been wrapped anew. */
  resize(size: ScreenSize): string {
    this.#size = size;
    this.#pastFullRow = false;
    return this.#erase() + this.#draw();
  }

  /** Empties the screen but for the typed line. */
  clear(): string {
    this.#drawn = "";
    return `\x1b[H\x1b[2J${this.comeBack()}`;
  }

  /** Leaves the screen to somebody else; a line that is half typed stays there. */
  leave(): string {
    if (this.#typed === "") return this.#erase();
    const line = `${this.#prompt}${visible(this.#typed)}\n`;
    return this.#erase() + this.#put(line) + line;
  }

  /** Comes back to a screen on which somebody else has written lines. */
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

  /** What has come ends here, and the typed line begins. */
  #start(): Position {
    const from = { row: 0, column: Math.min(this.#unfinishedFrom.column, this.#size.columns) };
    return advance(from, this.#unfinished, this.#size.columns);
  }

  /** Takes the typed line off; the cursor stands where what comes next belongs. */
  #erase(): string {
    if (this.#drawn === "") return "";
    const start = this.#start();
    const cursor = this.#settled(advance(start, this.#drawnBefore, this.#size.columns));
    this.#drawn = "";
    const full = start.column === this.#size.columns;
    this.#pastFullRow = full;
    return up(cursor.row - start.row - (full ? 1 : 0)) + toColumn(full ? 0 : start.column) + clearBelow;
  }

  /** Behind a full row, the cursor is on the next one as soon as anything is drawn there. */
  #settled({ row, column }: Position): Position {
    return column === this.#size.columns ? { row: row + 1, column: 0 } : { row, column };
  }

  /** Counts what is now written; before it belongs what this returns. */
  #put(shown: string): string {
    // A row that is full and then ended is one row, not two.
    const back = this.#pastFullRow && shown.startsWith("\n") ? oneUp : "";
    // A tab, which would not leave a full row, goes on from where the cursor is.
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
    // A full row leaves it open where the cursor is: so the next one is begun.
    const drawn = end.column === columns ? `${text} ${toLineStart}` : text;
    if (cursor === text.length) return drawn;
    const at = this.#settled(advance(start, this.#drawnBefore, columns));
    return drawn + up(this.#settled(end).row - at.row) + toColumn(at.column);
  }

  /** What was typed behind the end of the line, if that is all that has changed and has room in its row. */
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

/** What is typed, with nothing in it that a terminal would obey; a tab has a width that depends on nothing. */
function visible(text: string): string {
  return terminalSafe(text).replaceAll("\t", "    ");
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : "";
}

function toColumn(column: number): string {
  return toLineStart + (column > 0 ? `\x1b[${column}C` : "");
}
