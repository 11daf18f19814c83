/**
 * Passes each key to the peer as it is typed, while the peer alone draws: for a peer with a terminal of its own, such
 * as a login or a shell on a PTY.
 *
 *     keys ──▶ ^]? ──no──▶ TypedInput ──▶ peer
 *               └─yes─▶ prompt           output of the peer waits meanwhile
 *
 * Nothing is echoed, translated or filtered while it is active: the peer gets Ctrl-C and Ctrl-Z. It owns the terminal
 * from `take` to `release`.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { EscapePrompt, type PromptCommands } from "./escape-prompt.ts";
import { passBytes } from "./stty.ts";
import { TerminalLease } from "./terminal-lease.ts";
import type { TypedBytes } from "./typed-bytes.ts";

/** Above this, typed or pasted bytes wait in the terminal. */
const pendingBytesMax = 65_536;

const LF = 0x0a;

export interface KeysOptions {
  readonly typed: TypedBytes;
  /** Commands of the prompt, in addition to those that end or stop the command. */
  readonly commands: PromptCommands;
  /** Called when `quit` was typed at the prompt. The terminal is restored, and no more keys follow. */
  readonly quit: () => void;
}

export class Keys {
  readonly #stdin: ReadStream & { readonly fd?: number };
  readonly #stdout: WriteStream;
  readonly #typed: TypedBytes;
  readonly #prompt: EscapePrompt;
  readonly #lease: TerminalLease;
  readonly #quit: () => void;
  #on = false;
  #listens = false;
  #released = false;
  /** Whether the cursor is at the start of a line, as far as it can be determined. */
  #atLineStart = true;
  #resume: (() => void) | undefined;
  /** Resolves when the prompt is closed; `undefined` while it is closed. */
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
      // A terminal that is gone cannot be restored either.
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

  /** Whether keys are passed to the peer as they are typed. */
  get on(): boolean {
    return this.#on;
  }

  /** Passes on the terminal's input unchanged, even while this is inactive: for use without a line editor. */
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

  /** Restores the terminal; with `stays`, keys are still passed on. */
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

  /** Shows output of the peer once the prompt is closed. */
  async show(
    bytes: Uint8Array | string,
    write: (bytes: Uint8Array | string) => Promise<void>,
  ): Promise<void> {
    while (this.#held !== undefined) await this.#held;
    if (bytes.length > 0) this.#atLineStart = bytes.at(-1) === LF || bytes.at(-1) === "\n";
    await write(bytes);
  }

  /** The text to write to show a line of our own. */
  say(line: string): string {
    const begins = this.#atLineStart && !this.#prompt.isOpen ? "" : "\r\n";
    this.#atLineStart = true;
    return `${begins}${line}\r\n`;
  }

  /** Restores the terminal permanently; typed bytes are not passed on any more. */
  release(): void {
    if (this.#released) return;
    this.letGo(false);
    this.#released = true;
    this.#stopListening();
    this.#typed.end();
  }

  #makeRaw(): void {
    // Set raw mode even if it is on: another program may have changed other settings meanwhile.
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
