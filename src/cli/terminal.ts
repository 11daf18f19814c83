/**
 * The three streams of the process, and how they are spoken to.
 *
 * stdout carries the peer's bytes and nothing else; everything the command itself
 * says goes to stderr, a line at a time. Whoever reads either may go away at any
 * time: that is no error of ours, and never a stack trace (F25).
 */
import { closeSync, fstatSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { ReadStream, WriteStream } from "node:tty";
import type { ExitName } from "./exit.ts";
import type { JsonOutput, JsonReport } from "./json/json-report.ts";
import { createTerminalFilter, terminalSafe, type TerminalFilter } from "./terminal-text.ts";

/** A stream that may be one of the process's own, by its descriptor. */
type Own<Stream> = Stream & { readonly fd?: number };

/** Lines for a stderr that nobody reads are left out past this; a peer could cause any number of them. */
const unreadBytesMax = 1_048_576;

export class Terminal {
  readonly #stdin: Own<ReadStream>;
  readonly #stdout: Own<WriteStream>;
  readonly #stderr: WriteStream;
  /** Resolves when stdout takes no more. */
  readonly stdoutBroken: Promise<void>;
  /** Tells in JSON what happened; then stdout carries that alone, and no peer's bytes. */
  report: JsonReport | undefined;
  #broken: NodeJS.ErrnoException | undefined;
  #linesLeftOut = 0;

  constructor(streams: { stdin: Own<ReadStream>; stdout: Own<WriteStream>; stderr: WriteStream }) {
    this.#stdin = streams.stdin;
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.stdoutBroken = new Promise((resolve) => {
      this.#stdout.on("error", (error: NodeJS.ErrnoException) => {
        this.#broken ??= error;
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

  /** Whether stdout takes no more. */
  get stdoutIsBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** What stdout that takes no more means for the exit; says why, unless its reader has simply gone (F25). */
  brokenStdout(): ExitName {
    const { code, message } = this.#broken as NodeJS.ErrnoException;
    if (code === "EPIPE" || code === "ECONNRESET") return "brokenPipe";
    this.say(`portcall: standard output: ${message}`);
    return "file";
  }

  /**
   * What is typed, or piped in, until its end.
   *
   * @throws {Error} if stdin cannot be read; Node takes a directory for an empty stream.
   */
  input(): AsyncIterable<Uint8Array> {
    if (this.#stdin.fd === 0 && fstatSync(0).isDirectory()) throw new Error("it is a directory");
    return this.#stdin as AsyncIterable<Uint8Array>;
  }

  /** Says a line on stderr. What it quotes of a peer can not command the terminal (F77). */
  say(line: string): void {
    if (this.#stderr.writableLength > unreadBytesMax) {
      this.#linesLeftOut++;
      return;
    }
    if (this.#linesLeftOut > 0) this.#stderr.write(`(${this.#linesLeftOut} lines are left out here)\n`);
    this.#linesLeftOut = 0;
    this.#stderr.write(`${terminalSafe(line)}\n`);
  }

  /** Resolves when everything said is on its way, or nobody listens any more. */
  async allSaid(): Promise<void> {
    if (this.#stderr.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#stderr.write("", () => {
        resolve();
      });
    });
  }

  /** Writes a peer's bytes on stdout; resolves when they are on their way, or nobody reads any more. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.stdoutIsBroken || bytes.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#stdout.write(bytes, (error) => {
        this.#broken ??= error ?? undefined;
        resolve();
      });
    });
  }

  /** Lines of JSON for stdout. */
  lines(): JsonOutput {
    return {
      print: (line) => this.write(`${line}\n`),
      unreadBytes: () => this.#stdout.writableLength,
    };
  }

  /** A stream of a peer's bytes on its way to stdout: as they are, or made safe to look at. */
  output(raw: boolean): PeerOutput {
    // The report has them; whoever reads it slowly slows the peer down, as with the bytes themselves.
    if (this.report !== undefined) return { write: () => this.#read(), end: () => this.#read() };
    return new FilteredOutput(this, this.#stdout.isTTY && !raw ? createTerminalFilter() : undefined);
  }

  /** Resolves when what was printed is on its way. */
  async #read(): Promise<void> {
    if (this.stdoutIsBroken || this.#stdout.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#stdout.write("", () => {
        resolve();
      });
    });
  }

  /** Ends stdout, so that whoever reads it sees the end, after all that was written. */
  async endOutput(): Promise<void> {
    if (this.stdoutIsBroken || this.#stdout.isTTY || this.report !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#stdout.end(() => {
        resolve();
      });
      void this.stdoutBroken.then(resolve);
    });
    if (this.#stdout.fd === 1 && process.platform !== "win32") closeStdout(this.#stdout);
  }
}

/**
 * Closes the descriptor of stdout. Node keeps it open until the process ends, and so
 * long the reader of a pipe would wait for the end. Its number is given to /dev/null,
 * lest a socket gets it; libuv lets go of it first, lest it watches that in its place.
 */
function closeStdout(stdout: WriteStream): void {
  // Node has no name for it that is meant for others; a file has none at all.
  const handle = Reflect.get(stdout, "_handle") as { close(): void } | null | undefined;
  handle?.close();
  closeSync(1);
  openSync(devNull, "r+");
}

/** How long a byte that may be half of something is kept back on a terminal. */
const keptBackMs = 50;

/** One stream of a peer's bytes on its way to stdout. */
export interface PeerOutput {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

class FilteredOutput implements PeerOutput {
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
