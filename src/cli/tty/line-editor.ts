/**
 * The line that is being typed, and the effect of each key, as in shells. It knows no terminal: keyboard.ts supplies
 * the keys, screen.ts shows the line.
 */

/** A key in the form of Node's readline. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

const actions: Readonly<Record<string, (editor: LineEditor) => void>> = {
  left: (editor) => editor.moveTo(editor.before("character")),
  "ctrl-b": (editor) => editor.moveTo(editor.before("character")),
  right: (editor) => editor.moveTo(editor.behind("character")),
  "ctrl-f": (editor) => editor.moveTo(editor.behind("character")),
  "ctrl-left": (editor) => editor.moveTo(editor.before("word")),
  "meta-left": (editor) => editor.moveTo(editor.before("word")),
  "meta-b": (editor) => editor.moveTo(editor.before("word")),
  "ctrl-right": (editor) => editor.moveTo(editor.behind("word")),
  "meta-right": (editor) => editor.moveTo(editor.behind("word")),
  "meta-f": (editor) => editor.moveTo(editor.behind("word")),
  home: (editor) => editor.moveTo(0),
  "ctrl-a": (editor) => editor.moveTo(0),
  end: (editor) => editor.moveTo(editor.text.length),
  "ctrl-e": (editor) => editor.moveTo(editor.text.length),
  backspace: (editor) => editor.cut(editor.before("character"), editor.cursor),
  "ctrl-h": (editor) => editor.cut(editor.before("character"), editor.cursor),
  delete: (editor) => editor.cut(editor.cursor, editor.behind("character")),
  "ctrl-d": (editor) => editor.cut(editor.cursor, editor.behind("character")),
  "ctrl-w": (editor) => editor.kill(editor.before("space"), editor.cursor),
  "meta-backspace": (editor) => editor.kill(editor.before("word"), editor.cursor),
  "ctrl-backspace": (editor) => editor.kill(editor.before("word"), editor.cursor),
  "meta-d": (editor) => editor.kill(editor.cursor, editor.behind("word")),
  "ctrl-delete": (editor) => editor.kill(editor.cursor, editor.behind("word")),
  "ctrl-u": (editor) => editor.kill(0, editor.cursor),
  "ctrl-k": (editor) => editor.kill(editor.cursor, editor.text.length),
  "ctrl-y": (editor) => editor.yank(),
  up: (editor) => editor.remember(1),
  "ctrl-p": (editor) => editor.remember(1),
  down: (editor) => editor.remember(-1),
  "ctrl-n": (editor) => editor.remember(-1),
};

/** The most lines in the history, including those of earlier runs. The oldest are dropped first. */
export const historyLinesMax = 1_000;

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What one step covers, before and after the cursor. */
interface Step {
  readonly before: RegExp;
  readonly behind: RegExp;
}

const steps: Readonly<Record<"word" | "space", Step>> = {
  word: {
    before: /[\p{L}\p{N}\p{M}]*[^\p{L}\p{N}\p{M}]*$/u,
    behind: /^[^\p{L}\p{N}\p{M}]*[\p{L}\p{N}\p{M}]*/u,
  },
  space: { before: /\S*\s*$/u, behind: /^\s*\S*/u },
};

/** The search range for one character around the cursor, because a line may be long. */
const characterUnitsMax = 64;

export class LineEditor {
  #text = "";
  #cursor = 0;
  #killed = "";
  readonly #history: string[];
  /** How many lines back the editor is; 0 is the new line, which is kept meanwhile. */
  #back = 0;
  #newLine = "";

  constructor(history: readonly string[] = []) {
    this.#history = [...history];
  }

  get text(): string {
    return this.#text;
  }

  /** The index of the next character, in UTF-16 units. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Handles a key, and the text that it types, if any. */
  press(typed: string | undefined, { name = "", ctrl = false, meta = false }: Key): void {
    const action = `${ctrl ? "ctrl-" : ""}${meta ? "meta-" : ""}${name}`;
    if (Object.hasOwn(actions, action)) actions[action]?.(this);
    else if (!ctrl && !meta && typed !== undefined && /^[\P{Cc}\t]+$/u.test(typed)) this.insert(typed);
  }

  insert(text: string): void {
    this.#change(this.#text.slice(0, this.#cursor) + text + this.#text.slice(this.#cursor));
    this.#cursor += text.length;
  }

  /** Takes the finished line and starts a new one. With `keep`, it is added to the history. */
  finish(keep: boolean): string {
    const line = this.#text;
    if (keep && line.trim() !== "" && line !== this.#history.at(-1)) this.#history.push(line);
    if (this.#history.length > historyLinesMax) this.#history.shift();
    this.#set("");
    this.#back = 0;
    return line;
  }

  moveTo(cursor: number): void {
    this.#cursor = cursor;
  }

  cut(start: number, end: number): void {
    this.#change(this.#text.slice(0, start) + this.#text.slice(end));
    this.#cursor = start;
  }

  /** Cuts text that `yank` can insert again. */
  kill(start: number, end: number): void {
    if (start === end) return;
    this.#killed = this.#text.slice(start, end);
    this.cut(start, end);
  }

  yank(): void {
    this.insert(this.#killed);
  }

  /** Moves to an older or newer line. */
  remember(lines: 1 | -1): void {
    const back = this.#back + lines;
    if (back < 0 || back > this.#history.length) return;
    if (this.#back === 0) this.#newLine = this.#text;
    this.#back = back;
    this.#set(back === 0 ? this.#newLine : (this.#history.at(-back) as string));
  }

  /** The start of the character or word before the cursor. */
  before(what: "character" | keyof typeof steps): number {
    const head = this.#text.slice(0, this.#cursor);
    if (what !== "character") return this.#cursor - (steps[what].before.exec(head)?.[0].length ?? 0);
    const last = [...characters.segment(head.slice(-characterUnitsMax))].at(-1);
    return this.#cursor - (last?.segment.length ?? 0);
  }

  /** The end of the character or word after the cursor. */
  behind(what: "character" | keyof typeof steps): number {
    const rest = this.#text.slice(this.#cursor);
    if (what !== "character") return this.#cursor + (steps[what].behind.exec(rest)?.[0].length ?? 0);
    const [next] = characters.segment(rest.slice(0, characterUnitsMax));
    return this.#cursor + (next?.segment.length ?? 0);
  }

  #set(text: string): void {
    this.#text = text;
    this.#cursor = text.length;
  }

  #change(text: string): void {
    this.#text = text;
    // A changed earlier line becomes the new line, and replaces the one that was kept.
    this.#back = 0;
  }
}
