/**
 * Interactive line editing on a terminal: keyboard and screen together.
 *
 *     keys ──▶ keyboard ──▶ lines ──▶ the sender
 *                  └──▶ screen ◀── received output, our own lines
 *
 * It owns the state of the terminal while it is active, and restores it however it ends (terminal-lease.ts).
 */
import type { ReadStream, WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { encodeText, noBytes } from "../../base/bytes.ts";
import { historyPath, openHistory, type History } from "./history.ts";
import { Keyboard, type Completer } from "./keyboard.ts";
import { Screen, type ScreenSize } from "./screen.ts";
import { TerminalLease } from "./terminal-lease.ts";
import { TypedBytes } from "./typed-bytes.ts";

export interface InteractionOptions {
  readonly history: boolean;
  readonly prompt?: string | undefined;
  readonly complete?: Completer | undefined;
  /** Called for Ctrl-C on an empty line. The input has then ended, as after Ctrl-D. */
  readonly interrupted: () => void;
}

/** The peer seems to ask for a secret, which must not be saved. */
const asksForSecret = /\b(passwor[dt]|passwd|passphrase|passcode|pin|secret|token)\b[^:?]*[:?]\s*$/i;

export class Interaction {
  readonly #stdout: WriteStream;
  readonly #screen: Screen;
  readonly #keyboard: Keyboard;
  readonly #history: History | undefined;
  readonly #options: InteractionOptions;
  readonly #lease: TerminalLease;
  /** The typed lines, each with its LF. */
  readonly typed: TypedBytes = new TypedBytes();
  /** Decodes unfiltered output (--raw), to track the cursor. */
  readonly #decoder = new TextDecoder();
  #hidden = false;
  #resting = false;
  #released = false;

  constructor(streams: { stdin: ReadStream; stdout: WriteStream }, options: InteractionOptions) {
    this.#stdout = streams.stdout;
    this.#options = options;
    this.#screen = new Screen(sizeOf(streams.stdout), options.prompt);
    const path = options.history ? historyPath(process.env) : undefined;
    this.#history = path === undefined ? undefined : openHistory(path);
    const { complete } = options;
    this.#keyboard = new Keyboard(
      streams.stdin,
      { history: this.#history?.lines ?? [], complete },
      {
        edited: (line, cursor) => {
          this.#draw(this.#hidden ? this.#screen.type("", 0) : this.#screen.type(line, cursor));
        },
        entered: (line) => {
          if (this.#mayKeep()) this.#history?.add(line);
          this.#draw(this.#screen.enter());
          this.typed.push(encodeText(`${line}\n`));
        },
        mayKeep: () => this.#mayKeep(),
        cleared: () => {
          this.#draw(this.#screen.clear());
        },
        offered: (candidates) => {
          this.#draw(this.#screen.say(candidates.join("  ")));
        },
        ended: () => {
          this.#draw(this.#screen.leave());
          this.typed.end();
        },
        interrupted: (line) => {
          this.#interrupted(line);
        },
        suspended: () => {
          this.#lease.suspend();
        },
      },
    );
    this.#lease = new TerminalLease({
      leave: () => {
        this.#draw(this.#screen.leave());
        this.#keyboard.hold(false);
      },
      comeBack: () => {
        this.#comeBack();
      },
      release: () => {
        this.release();
      },
    });
    streams.stdout.on("resize", this.#resized);
    this.#lease.begin();
    this.#draw(this.#screen.type("", 0));
  }

  /**
   * Leaves the terminal to another reader of keys, in its original mode. Returns the half-typed text for that reader,
   * and removes it from the screen.
   */
  rest(): Uint8Array {
    if (this.#resting || this.#released) return noBytes;
    this.#resting = true;
    this.#stdout.off("resize", this.#resized);
    this.#lease.end();
    const half = this.#keyboard.rest();
    this.#draw(this.#screen.type("", 0) + this.#screen.leave());
    return encodeText(half);
  }

  resume(): void {
    if (!this.#resting || this.#released) return;
    this.#resting = false;
    this.#stdout.on("resize", this.#resized);
    this.#lease.begin();
    this.#keyboard.resume();
    this.#comeBack();
  }

  /** The text to write to show output of a peer; bytes are unfiltered. */
  output(shown: Uint8Array | string): string | Uint8Array {
    if (typeof shown === "string") return this.#screen.output(shown);
    const [before, after] = this.#screen.around(seen(this.#decoder.decode(shown, { stream: true })));
    return Buffer.concat([Buffer.from(before), shown, Buffer.from(after)]);
  }

  /** The text to write to show a line of our own. */
  say(line: string): string {
    return this.#screen.say(line);
  }

  /** The peer echoes typed text, or hides it. Then it is neither shown here nor saved. */
  hide(hidden: boolean): void {
    this.#hidden = hidden;
    if (hidden && !this.#resting) this.#draw(this.#screen.type("", 0));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#stdout.off("resize", this.#resized);
    this.#lease.end();
    if (!this.#resting) this.#draw(this.#screen.leave());
    this.#keyboard.close();
    this.typed.end();
  }

  #mayKeep(): boolean {
    return !this.#hidden && !asksForSecret.test(this.#screen.unfinished);
  }

  /** As in a shell, discards the typed text; on an empty line, ends the input. */
  #interrupted(line: string): void {
    this.#draw(this.#screen.enter("^C"));
    if (line !== "") return;
    this.#draw(this.#screen.leave());
    this.#keyboard.close();
    this.typed.end();
    this.#options.interrupted();
  }

  /** Another program, such as the shell, may have changed the terminal's mode meanwhile. */
  #comeBack(): void {
    if (this.#keyboard.closed) return;
    this.#keyboard.hold(true);
    this.#draw(this.#screen.comeBack(sizeOf(this.#stdout)));
  }

  readonly #resized = (): void => {
    this.#draw(this.#screen.resize(sizeOf(this.#stdout)));
  };

  #draw(text: string): void {
    if (text !== "") this.#stdout.write(text);
  }
}

function sizeOf({ columns, rows }: WriteStream): ScreenSize {
  // A terminal that does not know its size reports 0.
  return { columns: columns || 80, rows: rows || 24 };
}

/** The visible part of unfiltered text, as far as it can be determined. */
function seen(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "");
}
