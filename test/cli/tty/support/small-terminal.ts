/**
 * As much of a terminal as the screen's drawing needs, without a bottom: what scrolls
 * out of a real one is still here. It wraps as terminals do: a full row is left only
 * by the next character.
 */
import { cellsOf } from "../../../../src/cli/tty/layout.ts";

const sequence = /\p{Cc}\[(\d*)([A-Z])|[^]/gu;

export class SmallTerminal {
  readonly #columns: number;
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** What it shows, without the blanks at the end of rows, and the empty rows at the end. */
  get text(): string {
    return this.#rows
      .map((row) =>
        Array.from(row, (cell: string | undefined) => cell ?? " ")
          .join("")
          .trimEnd(),
      )
      .join("\n")
      .trimEnd();
  }

  /** The row and column where the next character goes. */
  get cursor(): readonly [row: number, column: number] {
    return this.#column === this.#columns ? [this.#row + 1, 0] : [this.#row, this.#column];
  }

  write(text: string): void {
    for (const [part, count = "", command = ""] of text.matchAll(sequence)) {
      if (command !== "") this.#obey(command, Number(count || "1"));
      else this.#put(part);
    }
  }

  #obey(command: string, count: number): void {
    if (command === "A") {
      this.#row = Math.max(0, this.#row - count);
      this.#column = Math.min(this.#column, this.#columns - 1);
    } else if (command === "C") this.#column = Math.min(this.#columns - 1, this.#column + count);
    else if (command === "J") {
      this.#rows.length = this.#row + 1;
      this.#line().length = Math.min(this.#line().length, this.#column);
    } else throw new Error(`this terminal does not know ${command}`);
  }

  #put(character: string): void {
    if (character === "\n") this.#move(this.#row + 1, 0);
    else if (character === "\r") this.#column = 0;
    else if (character === "\t") {
      if (this.#column < this.#columns) this.#column = Math.min(this.#columns - 1, (this.#column | 7) + 1);
    } else if (/[^\P{Cc}]/u.test(character))
      throw new Error(`a control character: ${JSON.stringify(character)}`);
    else this.#print(character);
  }

  #print(character: string): void {
    const cells = cellsOf(character);
    if (cells === 0) {
      const last = Math.max(0, this.#column - 1);
      this.#line()[last] = (this.#line()[last] ?? " ") + character;
      return;
    }
    if (this.#column + cells > this.#columns) this.#move(this.#row + 1, 0);
    this.#line()[this.#column] = character;
    if (cells === 2) this.#line()[this.#column + 1] = "";
    this.#column += cells;
  }

  #move(row: number, column: number): void {
    this.#row = row;
    this.#column = column;
    while (this.#rows.length <= row) this.#rows.push([]);
  }

  #line(): string[] {
    return this.#rows[this.#row] as string[];
  }
}
