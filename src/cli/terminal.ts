/**
 * The three streams of the process, and how they are spoken to.
 *
 * stdout carries the peer's bytes and nothing else; everything the command itself
 * says goes to stderr, a line at a time. Whoever reads either may go away at any
 * time: that is no error of ours, and never a stack trace (F25).
 */
import type { ReadStream, WriteStream } from "node:tty";
import { createTerminalFilter, terminalSafe, type TerminalFilter } from "./terminal-text.ts";

export class Terminal {
  readonly #stdin: ReadStream;
  readonly #stdout: WriteStream;
  readonly #stderr: WriteStream;
  /** Resolves when whoever reads stdout has gone. */
  readonly stdoutBroken: Promise<void>;
  #broken = false;

  constructor(streams: { stdin: ReadStream; stdout: WriteStream; stderr: WriteStream }) {
    this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.stdoutBroken = new Promise((resolve) => {
      this.#stdout.on("error", () => {
        this.#broken = true;
        resolve();
      });
    });
    this.#stderr.on("error", () => {
      // Nobody is left to be told.
    });
  }

  /** Whether a person types. */
  get stdinIsTerminal(): boolean {
    return this.#stdin.isTTY;
  }

  /** Whether whoever read stdout has gone. */
  get stdoutIsBroken(): boolean {
    return this.#broken;
  }

  /** What is typed, or piped in, until its end. */
  input(): AsyncIterable<Uint8Array> {
    return this.#stdin as AsyncIterable<Uint8Array>;
  }

  /** Says a line on stderr. What it quotes of a peer can not command the terminal (F77). */
  say(line: string): void {
    this.#stderr.write(`${terminalSafe(line)}\n`);
  }

  /** Writes a peer's bytes on stdout; resolves when they are on their way, or nobody reads any more. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#broken || bytes.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#stdout.write(bytes, () => {
        resolve();
      });
    });
  }

  /** A stream of a peer's bytes on its way to stdout: as they are, or made safe to look at. */
  output(raw: boolean): PeerOutput {
    return new PeerOutput(this, this.#stdout.isTTY && !raw ? createTerminalFilter() : undefined);
  }

  /** Ends stdout, so that whoever reads it sees the end, after all that was written. */
  async endOutput(): Promise<void> {
    if (this.#broken || this.#stdout.isTTY) return;
    await new Promise<void>((resolve) => {
      this.#stdout.end(() => {
        resolve();
      });
      void this.stdoutBroken.then(resolve);
    });
  }
}

/** How long a byte that may be half of something is kept back on a terminal. */
const keptBackMs = 50;

/** One stream of a peer's bytes on its way to stdout. */
export class PeerOutput {
  readonly #terminal: Terminal;
  readonly #filter: TerminalFilter | undefined;
  #flushing: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, filter: TerminalFilter | undefined) {
    this.#terminal = terminal;
    this.#filter = filter;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filter === undefined) return this.#terminal.write(bytes);
    clearTimeout(this.#flushing);
    const filter = this.#filter;
    this.#flushing = setTimeout(() => void this.#terminal.write(filter.flush()), keptBackMs);
    await this.#terminal.write(filter.write(bytes));
  }

  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    if (this.#filter !== undefined) await this.#terminal.write(this.#filter.flush());
  }
}
