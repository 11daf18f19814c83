/**
 * The keys of a terminal, made into lines. Node's readline tells which key the bytes
 * mean; line-editor.ts knows what each does to the line, and whoever owns the screen
 * is told what the line is now. Nothing is drawn here.
 */
import { emitKeypressEvents } from "node:readline";
import type { ReadStream } from "node:tty";
import type { Completion } from "./console-command.ts";
import { LineEditor, type Key } from "./line-editor.ts";

export type Completer = (beforeCursor: string) => Completion;

/** Whoever is told what the keys did. */
export interface KeyboardEvents {
  /** The line, or the place of the cursor in it, has changed. */
  edited(line: string, cursor: number): void;
  /** Enter, on this line. */
  entered(line: string): void;
  /** Whether the line that is being typed may be kept in the history. */
  mayKeep(): boolean;
  /** Ctrl-L. */
  cleared(): void;
  /** Tab: several things could stand here. */
  offered(candidates: readonly string[]): void;
  /** Ctrl-D on an empty line, or the terminal is gone. */
  ended(): void;
  /** Ctrl-C, with this line half typed. */
  interrupted(line: string): void;
  /** Ctrl-Z. */
  suspended(): void;
}

export interface KeyboardOptions {
  /** Lines typed before, the oldest first. */
  readonly history: readonly string[];
  readonly complete?: Completer | undefined;
}

export class Keyboard {
  readonly #input: ReadStream;
  readonly #events: KeyboardEvents;
  readonly #complete: Completer | undefined;
  readonly #editor: LineEditor;
  #changed = false;
  #afterReturn = false;
  #closed = false;

  constructor(input: ReadStream, { history, complete }: KeyboardOptions, events: KeyboardEvents) {
    this.#input = input;
    this.#events = events;
    this.#complete = complete;
    this.#editor = new LineEditor(history);
    emitKeypressEvents(input);
    input.on("keypress", this.#pressed).on("end", this.#gone).on("error", this.#gone);
    input.setRawMode(true);
    input.resume();
  }

  /** Whether it gives no more lines. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Lets go of the terminal for a while, or takes it again after whatever has been done to it. */
  hold(held: boolean): void {
    if (this.#closed) return;
    this.#input.setRawMode(false);
    if (held) this.#input.setRawMode(true);
  }

  /** Listens no more for a while, and leaves the terminal as it was; returns what is half typed. */
  rest(): string {
    if (this.#closed) return "";
    this.#input.off("keypress", this.#pressed).off("end", this.#gone).off("error", this.#gone);
    this.#input.setRawMode(false);
    this.#changed = false;
    return this.#editor.finish(false);
  }

  /** Listens again. */
  resume(): void {
    if (this.#closed) return;
    this.#input.on("keypress", this.#pressed).on("end", this.#gone).on("error", this.#gone);
    this.#input.resume();
  }

  /** Gives no more lines, and leaves the terminal as it was. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.off("keypress", this.#pressed).off("end", this.#gone).off("error", this.#gone);
    this.#input.on("error", () => {
      // A terminal that is gone cannot be given back either.
    });
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  readonly #pressed = (typed: string | undefined, key: Key): void => {
    if (this.#closed) return;
    const isLineFeedOfReturn = this.#afterReturn && key.name === "enter";
    this.#afterReturn = key.name === "return";
    if (isLineFeedOfReturn) return;
    if (key.name === "return" || key.name === "enter") this.#enter();
    else if (key.name === "tab" && this.#complete !== undefined) this.#completeWord(this.#complete);
    else if (key.ctrl === true && key.name === "d" && this.#editor.text === "") this.#end();
    else if (key.ctrl === true && key.name === "c") this.#interrupt();
    else if (key.ctrl === true && key.name === "z") this.#tell("suspended");
    else if (key.ctrl === true && key.name === "l") this.#tell("cleared");
    else this.#editor.press(typed, key);
    this.#edited();
  };

  /** Told of once for all the keys that have come together, as in a paste. */
  #edited(): void {
    if (this.#changed) return;
    this.#changed = true;
    setImmediate(() => {
      this.#afterReturn = false;
      this.#show();
    });
  }

  #show(): void {
    if (!this.#changed || this.#closed) return;
    this.#changed = false;
    this.#events.edited(this.#editor.text, this.#editor.cursor);
  }

  #tell(event: "suspended" | "cleared"): void {
    this.#show();
    this.#events[event]();
  }

  #enter(): void {
    this.#editor.moveTo(this.#editor.text.length);
    this.#changed = true;
    this.#show();
    this.#events.entered(this.#editor.finish(this.#events.mayKeep()));
  }

  #interrupt(): void {
    this.#editor.moveTo(this.#editor.text.length);
    this.#changed = true;
    this.#show();
    this.#events.interrupted(this.#editor.finish(false));
  }

  #end(): void {
    this.close();
    this.#events.ended();
  }

  readonly #gone = (): void => {
    this.#end();
  };

  #completeWord(complete: Completer): void {
    const { candidates, word } = complete(this.#editor.text.slice(0, this.#editor.cursor));
    const added = commonBeginning(candidates).slice(word.length);
    if (candidates.length > 1 && added === "") {
      this.#show();
      this.#events.offered(candidates);
    }
    this.#editor.insert(added);
  }
}

function commonBeginning([first = "", ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
