/**
 * A program of programs/ as a process of its own: it says what it has to say in lines
 * of JSON, is asked things in lines of JSON, and is ended by its number.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One line that a program said. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface ProgramOptions {
  /** What the program is started behind, as in `["prlimit", "--nofile=64"]`; it must become the program. */
  readonly behind?: readonly string[];
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

/** Nothing here takes that long; what does is stuck. */
const patienceMs = 180_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Program {
  readonly pid: number;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #said: Line[] = [];
  #waiting: (() => void)[] = [];
  #over = false;
  #complaint = "";

  constructor(name: string, settings: object, { behind = [], nodeOptions = [] }: ProgramOptions = {}) {
    const file = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
    const command = [...behind, process.execPath, ...nodeOptions, file, JSON.stringify(settings)];
    const child = spawn(command[0] as string, command.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    running.add(child);
    this.#name = name;
    this.#child = child;
    this.pid = child.pid ?? 0;
    // It may end while it is being asked something.
    child.stdin.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#said.push(JSON.parse(line) as Line);
      this.#wake();
    });
    this.#ended = once(child, "close")
      .catch((error: Error) => {
        this.#complaint += error.message;
      })
      .finally(() => {
        running.delete(child);
        this.#over = true;
        this.#wake();
      });
  }

  /**
   * Takes the next line of this type; those of other types stay.
   *
   * @throws {Error} (rejects) if it ends without one, or three minutes pass.
   */
  async line(type: string): Promise<Line> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, patienceMs);
    try {
      for (;;) {
        const found = this.#said.findIndex((line) => line.type === type);
        if (found !== -1) return this.#said.splice(found, 1)[0] as Line;
        if (this.#over) throw new Error(`${this.#name} ended before it said "${type}" ${this.#complaint}`);
        if (late) throw new Error(`${this.#name} did not say "${type}" in ${patienceMs / 1_000} s`);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks it something; what it answers is of the same type. */
  ask(type: string, details: object = {}): Promise<Line> {
    this.#child.stdin?.write(`${JSON.stringify({ type, ...details })}\n`);
    return this.line(type);
  }

  /** Ends it, and waits until it is gone. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
