/**
 * The three streams of the process, and how they are spoken to.
 *
 * stdout carries the peer's bytes and nothing else; everything the command itself
 * says goes to stderr, a line at a time. Whoever reads either may go away at any
 * time: that is no error of ours, and never a stack trace (F25).
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
import { Typed } from "./typed.ts";
import type { JsonOutput, JsonReport } from "../json/json-report.ts";
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
  /** When there are colours. */
  colourChoice: ColourChoice = "auto";
  #broken: NodeJS.ErrnoException | undefined;
  #linesLeftOut = 0;
  #interaction: Interaction | undefined;
  #typingIsHidden = false;
  #keys: Keys | undefined;
  /** What `input` gives where there are `#keys`. */
  #typed: Typed | undefined;
  #wantsKeys = false;
  /** Whether the user has set the terminal so that it gives each key as it is typed. */
  #isRaw: boolean | undefined;
  #keysAreAnnounced = false;
  /** What the prompt of `^]` can do for the protocol that decides when keys are passed; `undefined` where none does. */
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
    // Node lets go of its handle after that.
    this.#stdin.once("end", () => {
      makeBlocking(this.#stdin);
    });
    this.#stderr.on("error", () => {
      // Nobody is left to be told.
    });
  }

  /** Whether a person types. */
  get stdinIsTerminal(): boolean {
    return this.#stdin.isTTY;
  }

  /** Whether a person reads what we say. */
  get stderrIsTerminal(): boolean {
    return this.#stderr.isTTY;
  }

  /** Whether a person types, and sees everything. */
  get isInteractive(): boolean {
    const areTerminals = this.#stdin.isTTY && this.#stdout.isTTY && this.#stderr.isTTY;
    return (
      areTerminals && process.env["TERM"] !== "dumb" && this.report === undefined && !this.#isRawAlready()
    );
  }

  /** A terminal that the user has made raw passes bytes as they are: its settings are theirs (`stty raw -echo; nc`). */
  #isRawAlready(): boolean {
    this.#isRaw ??= this.#stdin.isTTY && process.platform !== "win32" && passesKeys(this.#stdin.fd ?? 0);
    return this.#isRaw;
  }

  /** Whether what is shown on stdout may have colours. */
  get showsInColour(): boolean {
    return hasColours(this.colourChoice, process.env, this.#stdout.isTTY);
  }

  /** Whether what we say may have colours. */
  get saysInColour(): boolean {
    return hasColours(this.colourChoice, process.env, this.#stderr.isTTY);
  }

  /** The size of the window in which stdout is shown; `undefined` if it is no terminal. */
  get window(): { readonly columns: number; readonly rows: number } | undefined {
    const { isTTY, columns, rows } = this.#stdout;
    return isTTY ? { columns, rows } : undefined;
  }

  /** What the terminal calls itself. */
  get type(): string | undefined {
    return process.env["TERM"];
  }

  /** Calls `resized` when the window has another size, until what is returned is called. */
  onResize(resized: () => void): () => void {
    this.#stdout.on("resize", resized);
    return () => this.#stdout.off("resize", resized);
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
    if (this.#interaction !== undefined) return this.#interaction.typed;
    if (this.#typed !== undefined) return this.#typed;
    if (this.#stdin.fd === 0 && fstatSync(0).isDirectory()) throw new Error("it is a directory");
    return this.#stdin as AsyncIterable<Uint8Array>;
  }

  /**
   * From now on, lines are edited as they are typed, and nothing that is shown tears them;
   * for a terminal that `isInteractive`.
   */
  async interact(options: InteractionOptions): Promise<void> {
    const { Interaction } = await import("./interaction.ts");
    this.#interaction = new Interaction({ stdin: this.#stdin, stdout: this.#stdout }, options);
    this.#interaction.hide(this.#typingIsHidden);
  }

  /**
   * Makes `passKeys` possible, on a terminal that is nobody else's; without it, that does nothing. `quit` is called when
   * the user ends the conversation at the prompt of `^]`.
   */
  async offerKeys(quit: () => void): Promise<void> {
    const isPossible = this.#stdin.isTTY && this.#stdout.isTTY && this.report === undefined;
    const isWanted = this.#wantsKeys || this.promptCommands !== undefined;
    if (!isPossible || !isWanted || this.#isRawAlready()) return;
    const { Keys } = await import("./keys.ts");
    this.#typed = this.#interaction?.typed ?? new Typed();
    const streams = { stdin: this.#stdin, stdout: this.#stdout };
    this.#keys = new Keys(streams, { typed: this.#typed, commands: this.promptCommands ?? {}, quit });
    if (this.#interaction === undefined) this.#keys.listen();
    this.passKeys(this.#wantsKeys);
  }

  /**
   * Passes keys to the peer as they are typed, and what comes from it to the terminal as it is: for a peer that has a
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

  /** Whether keys are passed. */
  get passesKeys(): boolean {
    return this.#keys?.on === true;
  }

  /** Hides what is typed, while the peer asks for it (telnet's ECHO), and keeps it out of the history. */
  hideTyping(hidden: boolean): void {
    this.#typingIsHidden = hidden;
    this.#interaction?.hide(hidden);
  }

  /** Gives the terminal back, as it was. */
  release(): void {
    this.#keys?.release();
    this.#keys = undefined;
    this.#interaction?.release();
    this.#interaction = undefined;
  }

  /**
   * Says a line on stderr. What it quotes of a peer can not command the terminal (F77);
   * `lead`, which stands before it, is ours and may.
   */
  say(line: string, lead = ""): void {
    if (this.#stderr.writableLength > unreadBytesMax) {
      this.#linesLeftOut++;
      return;
    }
    if (this.#linesLeftOut > 0) this.#stderr.write(`(${this.#linesLeftOut} lines are left out here)\n`);
    this.#linesLeftOut = 0;
    const safe = lead + terminalSafe(line);
    if (this.#keys?.on === true && this.#stderr.isTTY) this.#stderr.write(this.#keys.say(safe));
    else this.#stderr.write(this.#interaction?.say(safe) ?? `${safe}\n`);
  }

  /** Says what went wrong, where no socket did; the report has it too. */
  fail(line: string): void {
    this.report?.said(line);
    this.say(line);
  }

  /** Says why stdin cannot be read; returns what that means for the exit. */
  brokenStdin(error: unknown): ExitName {
    this.fail(`portcall: standard input: ${(error as Error).message}`);
    return "file";
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

  /** Writes on stdout; resolves when they are on their way, or nobody reads any more. */
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

  /** Lines of JSON for stdout. */
  lines(): JsonOutput {
    return {
      print: (line) => this.write(`${line}\n`),
      unreadBytes: () => this.#stdout.writableLength,
    };
  }

  /** Writes an answer of our own on stdout, as for --help; resolves to what that means for the exit. */
  async print(text: string): Promise<ExitName> {
    await this.write(text);
    return this.stdoutIsBroken ? this.brokenStdout() : "ok";
  }

  /** A stream of a peer's bytes on its way to stdout: as they are, or made safe to look at. */
  output(raw: boolean): PeerOutput {
    // The report has them; whoever reads it slowly slows the peer down, as with the bytes themselves.
    if (this.report !== undefined) return { write: () => this.#read(), end: () => this.#read() };
    const isFiltered = this.#stdout.isTTY && !raw && !this.#isRawAlready();
    return new FilteredOutput(this, isFiltered ? createTerminalFilter() : undefined);
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

  /** Prints rows about a peer's bytes, where those themselves would be printed. */
  async printRows(rows: readonly string[]): Promise<void> {
    if (this.report === undefined) await this.write(rows.join(""));
  }

  /** Ends stdout, so that whoever reads it sees the end, after all that was written. */
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

/** How long a byte that may be half of something is kept back on a terminal. */
const keptBackMs = 50;

/** One stream of a peer's bytes on its way to stdout. */
export interface PeerOutput {
  /** Shows a chunk; `lead` stands before it, and is ours. Resolves when there is room for more. */
  write(bytes: Uint8Array, lead?: string): Promise<void>;
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

  async write(bytes: Uint8Array, lead = ""): Promise<void> {
    if (this.#filter === undefined) {
      return this.#terminal.write(lead === "" ? bytes : concatBytes([encodeText(lead), bytes]));
    }
    clearTimeout(this.#flushing);
    const filter = this.#filter;
    if (this.#terminal.passesKeys) {
      await this.#terminal.write(filter.flush());
      await this.#terminal.write(bytes);
      return;
    }
    this.#flushing = setTimeout(() => void this.#terminal.write(filter.flush()), keptBackMs);
    await this.#terminal.write(lead + filter.write(bytes));
  }

  async end(): Promise<void> {
    clearTimeout(this.#flushing);
    if (this.#filter !== undefined) await this.#terminal.write(this.#filter.flush());
  }
}
