/**
 * A terminal whose keys go to the peer as they are typed, and which the peer alone draws: for a peer that has a terminal of
 * its own, as a login or a shell on a PTY has.
 *
 *     keys ──▶ ^]? ──no──▶ Typed ──▶ peer
 *               └─yes─▶ prompt           meanwhile what comes from the peer waits
 *
 * Nothing is echoed, translated or filtered while it is on: Ctrl-C and Ctrl-Z are the peer's. Owns the terminal from
 * `take` to `letGo`.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { EscapePrompt, type PromptCommands } from "./escape-prompt.ts";
import { passBytes } from "./stty.ts";
import { TerminalLease } from "./terminal-lease.ts";
import type { Typed } from "./typed.ts";

/** Past this, what is typed, or pasted, waits in the terminal. */
const pendingBytesMax = 65_536;

const LF = 0x0a;

export interface KeysOptions {
  /** Where the keys go. */
  readonly typed: Typed;
  /** Commands of the prompt, besides those that end or stop us. */
  readonly commands: PromptCommands;
  /** Called when `quit` has been typed at the prompt. The terminal is given back, and no more keys come. */
  readonly quit: () => void;
}

export class Keys {
  readonly #stdin: ReadStream & { readonly fd?: number };
  readonly #stdout: WriteStream;
  readonly #typed: Typed;
  readonly #prompt: EscapePrompt;
  readonly #lease: TerminalLease;
  readonly #quit: () => void;
  #on = false;
  #listens = false;
  #released = false;
  /** Whether the cursor stands at the start of a line, as far as one can tell. */
  #atLineStart = true;
  #resume: (() => void) | undefined;
  /** Resolves when the prompt is closed; `undefined` while it is. */
  #held: Promise<void> | undefined;

  constructor(
    streams: { readonly stdin: ReadStream; readonly stdout: WriteStream },
    { typed, commands, quit }: KeysOptions,
  ) {
    this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#typed = typed;
    this.#quit = quit;
    this.#stdin.on("error", () => {
      // A terminal that is gone cannot be given back either.
    });
    this.#lease = new TerminalLease({
      leave: () => this.#stdin.setRawMode(false),
      comeBack: () => {
        this.#makeRaw();
      },
      release: () => {
        this.release();
      },
    });
    const own: PromptCommands = {
      quit: { form: "quit", brief: "end the connection", run: () => this.#leave() },
      suspend: {
        form: "suspend",
        brief: "stop, as Ctrl-Z does in a shell",
        run: () => this.#lease.suspend(),
      },
    };
    this.#prompt = new EscapePrompt(
      { ...own, ...commands },
      {
        send: (keys) => {
          this.#send(keys);
        },
        show: (text) => this.#stdout.write(text),
        opened: () => {
          this.#held = new Promise((resolve) => {
            this.#resume = resolve;
          });
        },
        closed: () => {
          this.#goOn();
        },
      },
    );
  }

  /** Whether keys go to the peer as they are typed. */
  get on(): boolean {
    return this.#on;
  }

  /** Hands on what the terminal gives, as it gives it, also while this is not on: for where no line editor does. */
  listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    this.#stdin.on("data", this.#came).on("end", this.#gone).on("error", this.#gone);
    this.#typed.drained = () => {
      if (this.#listens) this.#stdin.resume();
    };
    this.#stdin.resume();
  }

  take(): void {
    if (this.#on || this.#released) return;
    this.#on = true;
    this.listen();
    this.#makeRaw();
    this.#lease.begin();
  }

  /** Leaves the terminal as it was; `stays` if keys are to be handed on still. */
  letGo(stays: boolean): void {
    if (!this.#on) return;
    this.#on = false;
    this.#lease.end();
    this.#prompt.cancel();
    if (!this.#atLineStart) this.#stdout.write("\r\n");
    this.#atLineStart = true;
    this.#stdin.setRawMode(false);
    if (!stays) this.#stopListening();
  }

  /** Shows what has come from the peer, when the prompt is closed. */
  async show(
    bytes: Uint8Array | string,
    write: (bytes: Uint8Array | string) => Promise<void>,
  ): Promise<void> {
    while (this.#held !== undefined) await this.#held;
    if (bytes.length > 0) this.#atLineStart = bytes.at(-1) === LF || bytes.at(-1) === "\n";
    await write(bytes);
  }

  /** What must be written for a line of our own to be shown. */
  say(line: string): string {
    const begins = this.#atLineStart && !this.#prompt.isOpen ? "" : "\r\n";
    this.#atLineStart = true;
    return `${begins}${line}\r\n`;
  }

  /** Gives the terminal back for good; nothing that is typed is handed on any more. */
  release(): void {
    if (this.#released) return;
    this.letGo(false);
    this.#released = true;
    this.#stopListening();
    this.#typed.end();
  }

  #makeRaw(): void {
    // Also where it is raw already: whatever was there meanwhile has set it as it likes.
    this.#stdin.setRawMode(false);
    this.#stdin.setRawMode(true);
    passBytes(this.#stdin.fd ?? 0);
  }

  #send(keys: Uint8Array): void {
    this.#typed.push(keys);
    if (this.#typed.pendingBytes > pendingBytesMax) this.#stdin.pause();
  }

  #leave(): void {
    this.release();
    this.#quit();
  }

  #goOn(): void {
    this.#held = undefined;
    this.#resume?.();
  }

  readonly #came = (chunk: Uint8Array): void => {
    if (this.#on) this.#prompt.keys(chunk);
    else this.#send(chunk);
  };

  readonly #gone = (): void => {
    this.release();
  };

  #stopListening(): void {
    if (!this.#listens) return;
    this.#listens = false;
    this.#stdin.off("data", this.#came).off("end", this.#gone).off("error", this.#gone);
    this.#stdin.pause();
  }
}
