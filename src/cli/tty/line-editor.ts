/**
 * The line that is being typed, and what each key makes of it; keys as shells have
 * them. Knows nothing of terminals: keyboard.ts brings the keys, screen.ts shows the line.
 */

/** A key, as Node's readline tells it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** What some keys do, by their names. */
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

/** As many lines as are remembered, those of earlier runs among them; the oldest go first. */
export const historyLinesMax = 1_000;

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What one step goes over, before the cursor and behind it. */
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

/** So far around the cursor may one character reach; a line may be long. */
const characterUnitsMax = 64;

export class LineEditor {
  #text = "";
  #cursor = 0;
  #killed = "";
  /** Lines of before, the oldest first. */
  readonly #history: string[];
  /** How many lines back we are; 0 is the new line, which waits meanwhile. */
  #back = 0;
  #newLine = "";

  constructor(history: readonly string[] = []) {
    this.#history = [...history];
  }

  get text(): string {
    return this.#text;
  }

  /** Where the next character goes, in UTF-16 units. */
  get cursor(): number {
    return this.#cursor;
  }

  /** A key, and the text that it types, if it does. */
  press(typed: string | undefined, { name = "", ctrl = false, meta = false }: Key): void {
    const action = `${ctrl ? "ctrl-" : ""}${meta ? "meta-" : ""}${name}`;
    if (Object.hasOwn(actions, action)) actions[action]?.(this);
    else if (!ctrl && !meta && typed !== undefined && /^[\P{Cc}\t]+$/u.test(typed)) this.insert(typed);
  }

  insert(text: string): void {
    this.#change(this.#text.slice(0, this.#cursor) + text + this.#text.slice(this.#cursor));
    this.#cursor += text.length;
  }

  /** The line is finished: takes it, and begins a new one. `keep` lets it be remembered. */
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

  /** Cuts what can be put back by `yank`. */
  kill(start: number, end: number): void {
    if (start === end) return;
    this.#killed = this.#text.slice(start, end);
    this.cut(start, end);
  }

  yank(): void {
    this.insert(this.#killed);
  }

  /** Goes to an older line, or to a newer one. */
  remember(lines: 1 | -1): void {
    const back = this.#back + lines;
    if (back < 0 || back > this.#history.length) return;
    if (this.#back === 0) this.#newLine = this.#text;
    this.#back = back;
    this.#set(back === 0 ? this.#newLine : (this.#history.at(-back) as string));
  }

  /** Where what stands before the cursor begins. */
  before(what: "character" | keyof typeof steps): number {
    const head = this.#text.slice(0, this.#cursor);
    if (what !== "character") return this.#cursor - (steps[what].before.exec(head)?.[0].length ?? 0);
    const last = [...characters.segment(head.slice(-characterUnitsMax))].at(-1);
    return this.#cursor - (last?.segment.length ?? 0);
  }

  /** Where what stands behind the cursor ends. */
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
    // A line of before that is changed is a new one; the one that was left waits no more.
    this.#back = 0;
  }
}
