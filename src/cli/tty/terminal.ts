/**
 * The three standard streams of the process.
 *
 * stdout carries the peer's bytes and nothing else. All messages of the command itself go to stderr, one line at a
 * time. The reader of either may close it at any time: that is not an error, and never causes a stack trace (F25).
 */
import { fstatSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { concatBytes, encodeText } from "../../base/bytes.ts";
import { makeBlocking } from "../system/blocking.ts";
import { hasColours, type ColourChoice } from "./colours.ts";
import { closeStdout, stdoutIsOwnSocket } from "../system/descriptors.ts";
import type { ExitName } from "../exit.ts";
import type { PromptCommands } from "./escape-prompt.ts";
import type { Interaction, InteractionOptions } from "./interaction.ts";
import type { Keys } from "./keys.ts";
import { passesKeys } from "./stty.ts";
import { TypedBytes } from "./typed-bytes.ts";
import type { JsonOutput, JsonReport } from "../json/json-report.ts";
import { createTerminalFilter, terminalSafe, type TerminalFilter } from "./terminal-text.ts";

/** A stream that may be one of the process's own, with its descriptor. */
type Own<Stream> = Stream & { readonly fd?: number };

/**
 * If this many bytes wait to be read from stderr, further lines are left out. A peer could cause any number of lines.
 */
const unreadBytesMax = 1_048_576;

export class Terminal {
  readonly #stdin: Own<ReadStream>;
  readonly #stdout: Own<WriteStream>;
  readonly #stderr: WriteStream;
  /** Resolves when stdout cannot be written to any more. */
  readonly stdoutBroken: Promise<void>;
  /** The JSON report. If it is set, stdout carries it and none of the peer's bytes. */
  report: JsonReport | undefined;
  colourChoice: ColourChoice = "auto";
  #broken: NodeJS.ErrnoException | undefined;
  #linesLeftOut = 0;
  #interaction: Interaction | undefined;
  #typingIsHidden = false;
  #keys: Keys | undefined;
  /** The input, if there are `#keys`. */
  #typed: TypedBytes | undefined;
  #wantsKeys = false;
  /** Whether the user has set the terminal to raw mode. */
  #isRaw: boolean | undefined;
  #keysAreAnnounced = false;
  /** Commands of the `^]` prompt for a protocol that decides when keys are passed; `undefined` without one. */
  promptCommands: PromptCommands | undefined;

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
    // Node releases its handle after that.
    this.#stdin.once("end", () => {
      makeBlocking(this.#stdin);
    });
    this.#stderr.on("error", () => {
      // No reader is left.
    });
  }

  get stdinIsTerminal(): boolean {
    return this.#stdin.isTTY;
  }

  get stderrIsTerminal(): boolean {
    return this.#stderr.isTTY;
  }

  get isInteractive(): boolean {
    const areTerminals = this.#stdin.isTTY && this.#stdout.isTTY && this.#stderr.isTTY;
    return (
      areTerminals && process.env["TERM"] !== "dumb" && this.report === undefined && !this.#isRawAlready()
    );
  }

  /**
   * A terminal that the user has set to raw mode passes bytes unchanged; its settings stay (`stty raw -echo; nc`).
   */
  #isRawAlready(): boolean {
    this.#isRaw ??= this.#stdin.isTTY && process.platform !== "win32" && passesKeys(this.#stdin.fd ?? 0);
    return this.#isRaw;
  }

  get showsInColour(): boolean {
    return hasColours(this.colourChoice, process.env, this.#stdout.isTTY);
  }

  get saysInColour(): boolean {
    return hasColours(this.colourChoice, process.env, this.#stderr.isTTY);
  }

  /** The size of the terminal of stdout; `undefined` if it is not a terminal. */
  get window(): { readonly columns: number; readonly rows: number } | undefined {
    const { isTTY, columns, rows } = this.#stdout;
    return isTTY ? { columns, rows } : undefined;
  }

  get type(): string | undefined {
    return process.env["TERM"];
  }

  /** Calls `resized` when the size changes, until the returned function is called. */
  onResize(resized: () => void): () => void {
    this.#stdout.on("resize", resized);
    return () => this.#stdout.off("resize", resized);
  }

  get stdoutIsBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** The exit for a broken stdout. Reports why, unless its reader has simply closed it (F25). */
  brokenStdout(): ExitName {
    const { code, message } = this.#broken as NodeJS.ErrnoException;
    if (code === "EPIPE" || code === "ECONNRESET") return "brokenPipe";
    this.say(`portcall: standard output: ${message}`);
    return "file";
  }

  /**
   * The bytes of stdin until its end.
   *
   * @throws {Error} if stdin cannot be read. Node would read a directory as an empty stream.
   */
  input(): AsyncIterable<Uint8Array> {
    if (this.#interaction !== undefined) return this.#interaction.typed;
    if (this.#typed !== undefined) return this.#typed;
    if (this.#stdin.fd === 0 && fstatSync(0).isDirectory()) throw new Error("it is a directory");
    return this.#stdin as AsyncIterable<Uint8Array>;
  }

  /** Starts line editing. Other output does not disturb the typed line. For a terminal that `isInteractive`. */
  async interact(options: InteractionOptions): Promise<void> {
    const { Interaction } = await import("./interaction.ts");
    this.#interaction = new Interaction({ stdin: this.#stdin, stdout: this.#stdout }, options);
    this.#interaction.hide(this.#typingIsHidden);
  }

  /**
   * Prepares `passKeys` on a terminal that has no other reader; without this, `passKeys` does nothing. `quit` is
   * called when the user types quit at the `^]` prompt.
   */
  async offerKeys(quit: () => void): Promise<void> {
    const isPossible = this.#stdin.isTTY && this.#stdout.isTTY && this.report === undefined;
    const isWanted = this.#wantsKeys || this.promptCommands !== undefined;
    if (!isPossible || !isWanted || this.#isRawAlready()) return;
    const { Keys } = await import("./keys.ts");
    this.#typed = this.#interaction?.typed ?? new TypedBytes();
    const streams = { stdin: this.#stdin, stdout: this.#stdout };
    this.#keys = new Keys(streams, { typed: this.#typed, commands: this.promptCommands ?? {}, quit });
    if (this.#interaction === undefined) this.#keys.listen();
    this.passKeys(this.#wantsKeys);
  }

  /**
   * Passes keys to the peer as they are typed, and the peer's output to the terminal unchanged. For a peer that has a
   * terminal of its own, and echoes. `^]` opens a prompt.
   */
  passKeys(on: boolean): void {
    this.#wantsKeys = on;
    if (this.#keys === undefined || this.#keys.on === on || this.#typed?.ended === true) return;
    if (on) {
      const half = this.#interaction?.rest();
      this.#keys.take();
      if (half !== undefined) this.#typed?.push(half);
      if (!this.#keysAreAnnounced && this.#stderr.isTTY) {
        this.say("each key is sent as you type it; ^] opens a prompt");
      }
      this.#keysAreAnnounced = true;
    } else {
      this.#keys.letGo(this.#interaction === undefined);
      this.#interaction?.resume();
    }
  }

  get passesKeys(): boolean {
    return this.#keys?.on === true;
  }

  /** Hides typed text while the peer asks for that (telnet's ECHO), and keeps it out of the history. */
  hideTyping(hidden: boolean): void {
    this.#typingIsHidden = hidden;
    this.#interaction?.hide(hidden);
  }

  release(): void {
    this.#keys?.release();
    this.#keys = undefined;
    this.#interaction?.release();
    this.#interaction = undefined;
  }

  /**
   * Prints a line on stderr. Control characters in it are shown, not obeyed (F77), because it may quote a peer.
   * `prefix` stands before it unfiltered.
   */
  say(line: string, prefix = ""): void {
    if (this.#stderr.writableLength > unreadBytesMax) {
      this.#linesLeftOut++;
      return;
    }
    if (this.#linesLeftOut > 0) this.#stderr.write(`(${this.#linesLeftOut} lines left out)\n`);
    this.#linesLeftOut = 0;
    const safe = prefix + terminalSafe(line);
    if (this.#keys?.on === true && this.#stderr.isTTY) this.#stderr.write(this.#keys.say(safe));
    else this.#stderr.write(this.#interaction?.say(safe) ?? `${safe}\n`);
  }

  /** Prints a failure that is not of a socket, and adds it to the report. */
  fail(line: string): void {
    this.report?.failedElsewhere(line);
    this.say(line);
  }

  /** Reports why stdin cannot be read; returns the exit. */
  brokenStdin(error: unknown): ExitName {
    this.fail(`portcall: standard input: ${(error as Error).message}`);
    return "file";
  }

  /** Resolves when stderr is flushed, or its reader has closed it. */
  async allSaid(): Promise<void> {
    if (this.#stderr.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#stderr.write("", () => {
        resolve();
      });
    });
  }

  /** Writes to stdout; resolves when the bytes are flushed, or the reader has closed it. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#keys?.on === true) await this.#keys.show(bytes, (shown) => this.#write(shown));
    else await this.#write(this.#interaction?.output(bytes) ?? bytes);
  }

  async #write(bytes: Uint8Array | string): Promise<void> {
    if (this.stdoutIsBroken || bytes.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#stdout.write(bytes, (error) => {
        this.#broken ??= error ?? undefined;
        resolve();
      });
    });
  }

  /** Prints lines of JSON on stdout. */
  lines(): JsonOutput {
    return {
      print: (line) => this.write(`${line}\n`),
      unreadBytes: () => this.#stdout.writableLength,
    };
  }

  /** Prints text of our own on stdout, such as --help; resolves to the exit. */
  async print(text: string): Promise<ExitName> {
    await this.write(text);
    return this.stdoutIsBroken ? this.brokenStdout() : "ok";
  }

  /** An output for a peer's bytes on stdout, unfiltered or made safe for a terminal. */
  output(raw: boolean): PeerOutput {
    // The report has the bytes. A slow reader of it slows the peer down, as with the bytes themselves.
    if (this.report !== undefined) return { write: () => this.#read(), end: () => this.#read() };
    const isFiltered = this.#stdout.isTTY && !raw && !this.#isRawAlready();
    return new FilteredOutput(this, isFiltered ? createTerminalFilter() : undefined);
  }

  /** Resolves when printed text is flushed. */
  async #read(): Promise<void> {
    if (this.stdoutIsBroken || this.#stdout.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#stdout.write("", () => {
        resolve();
      });
    });
  }

  /** Prints rows about a peer's bytes in place of the bytes. */
  async printRows(rows: readonly string[]): Promise<void> {
    if (this.report === undefined) await this.write(rows.join(""));
  }

  /** Ends stdout after everything written, so that its reader sees the end. */
  async endOutput(): Promise<void> {
    if (this.stdoutIsBroken || this.#stdout.isTTY || this.report !== undefined) return;
    await new Promise<void>((resolve) => {
      const written = (): void => {
        resolve();
      };
      if (this.#stdout.fd === 1 && stdoutIsOwnSocket()) this.#stdout.write("", written);
      else this.#stdout.end(written);
      void this.stdoutBroken.then(resolve);
    });
    if (this.#stdout.fd === 1 && process.platform !== "win32") closeStdout(this.#stdout);
  }
}

/** How long an incomplete character is kept back on a terminal. */
const keptBackMs = 50;

/** An output for a peer's bytes. */
export interface PeerOutput {
  /** Writes a chunk; `prefix` is trusted text to stand before it. Resolves when there is room for more. */
  write(bytes: Uint8Array, prefix?: string): Promise<void>;
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

  async write(bytes: Uint8Array, prefix = ""): Promise<void> {
    if (this.#filter === undefined) {
      return this.#terminal.write(prefix === "" ? bytes : concatBytes([encodeText(prefix), bytes]));
    }
    clearTimeout(this.#flushing);
    const filter = this.#filter;
    if (this.#terminal.passesKeys) {
      await this.#terminal.write(filter.flush());
      await this.#terminal.write(bytes);
      return;
    }
    this.#flushing = setTimeout(() => void this.#terminal.write(filter.flush()), keptBackMs);
    await this.#terminal.write(prefix + filter.write(bytes));
  }

  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    if (this.#filter !== undefined) await this.#terminal.write(this.#filter.flush());
  }
}
