/**
 * A program of programs/ as a process of its own: reports, questions and answers are lines
 * of JSON. It is ended by its process id.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Waiting, watchOver } from "./children.ts";

/** One line of a program's output. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface ProgramOptions {
  /** A command that starts the program, as in `["prlimit", "--nofile=64"]`; it must become the program. */
  readonly behind?: readonly string[];
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

export class Program {
  readonly pid: number;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #said: Line[] = [];
  readonly #waiting = new Waiting();
  #over = false;
  #complaint = "";

  constructor(name: string, settings: object, { behind = [], nodeOptions = [] }: ProgramOptions = {}) {
    const file = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
    const command = [...behind, process.execPath, ...nodeOptions, file, JSON.stringify(settings)];
    const child = spawn(command[0] as string, command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    this.#name = name;
    this.#child = child;
    this.pid = child.pid ?? 0;
    // It may end before it answers.
    child.stdin.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#said.push(JSON.parse(line) as Line);
      this.#waiting.wake();
    });
    this.#ended = watchOver(child).then(() => {
      this.#over = true;
      this.#waiting.wake();
    });
  }

  /**
   * Takes the next line of this type; those of other types stay.
   *
   * @throws {Error} (rejects) if it ends without one, or it takes too long.
   */
  line(type: string): Promise<Line> {
    return this.#waiting.until(`${this.#name} says "${type}"`, () => {
      const found = this.#said.findIndex((line) => line.type === type);
      if (found !== -1) return this.#said.splice(found, 1)[0];
      if (this.#over) throw new Error(`${this.#name} ended before it said "${type}" ${this.#complaint}`);
      return undefined;
    });
  }

  /** Sends a question; the answer has the same type. */
  ask(type: string, details: object = {}): Promise<Line> {
    this.#child.stdin?.write(`${JSON.stringify({ type, ...details })}\n`);
    return this.line(type);
  }

  /** Ends it, and waits for its exit. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
