/**
 * Turns the keys of a terminal into lines. Node's readline parses the bytes, line-editor.ts edits the line, and the
 * events report the result. Nothing is drawn here.
 */
import { emitKeypressEvents } from "node:readline";
import type { ReadStream } from "node:tty";
import type { Completion } from "./console-command.ts";
import { LineEditor, type Key } from "./line-editor.ts";

export type Completer = (beforeCursor: string) => Completion;

export interface KeyboardEvents {
  /** The line or the position of its cursor has changed. */
  edited(line: string, cursor: number): void;
  /** Enter, with the finished line. */
  entered(line: string): void;
  /** Whether the typed line may be saved in the history. */
  mayKeep(): boolean;
  cleared(): void;
  /** Tab with several possible completions. */
  offered(candidates: readonly string[]): void;
  /** Ctrl-D on an empty line, or the terminal is gone. */
  ended(): void;
  /** Ctrl-C, with the half-typed line. */
  interrupted(line: string): void;
  suspended(): void;
}

export interface KeyboardOptions {
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

  get closed(): boolean {
    return this.#closed;
  }

  /** Releases the terminal temporarily, or takes it back after other programs may have changed it. */
  hold(held: boolean): void {
    if (this.#closed) return;
    this.#input.setRawMode(false);
    if (held) this.#input.setRawMode(true);
  }

  /** Pauses and restores the terminal; returns the half-typed text. */
  rest(): string {
    if (this.#closed) return "";
    this.#input.off("keypress", this.#pressed).off("end", this.#gone).off("error", this.#gone);
    this.#input.setRawMode(false);
    this.#changed = false;
    return this.#editor.finish(false);
  }

  resume(): void {
    if (this.#closed) return;
    this.#input.on("keypress", this.#pressed).on("end", this.#gone).on("error", this.#gone);
    this.#input.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.off("keypress", this.#pressed).off("end", this.#gone).off("error", this.#gone);
    this.#input.on("error", () => {
      // A terminal that is gone cannot be restored either.
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
    else if (key.ctrl === true && key.name === "z") this.#emit("suspended");
    else if (key.ctrl === true && key.name === "l") this.#emit("cleared");
    else this.#editor.press(typed, key);
    this.#edited();
  };

  /** Reported once for keys that arrive together, such as a paste. */
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

  #emit(event: "suspended" | "cleared"): void {
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
