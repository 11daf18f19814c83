/**
 * A program that prints lines of JSON, and reads them on stdin.
 */
import { createInterface } from "node:readline";
import { Child, type StartOptions } from "./child.ts";

export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

export class JsonProgram {
  readonly lines: Line[] = [];
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: Child;
  readonly #answers = new Set<Line>();

  constructor(program: string, args: readonly string[], options: StartOptions = {}) {
    this.#child = new Child(program, args, options);
    const { stdout } = this.#child.process;
    if (stdout === null) throw new Error(`${program} has no pipe to read from`);
    createInterface({ input: stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
    });
    this.ended = this.#child.exited.then(({ code, signal }) => code ?? signal ?? "");
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The first line that fits, printed already or still to come. */
  until(what: string, fits: (line: Line) => boolean): Promise<Line> {
    return this.#child.until(what, () => this.lines.find(fits));
  }

  line(type: string): Promise<Line> {
    return this.until(`a line of type "${type}"`, (line) => line.type === type);
  }

  tell(message: object): void {
    this.#child.process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Asks it something; its answer is the next line of the same type. */
  async ask(type: string, details: object = {}): Promise<Line> {
    this.tell({ type, ...details });
    const answer = await this.until(
      `an answer of type "${type}"`,
      (line) => line.type === type && !this.#answers.has(line),
    );
    this.#answers.add(answer);
    return answer;
  }

  /** Stops or continues it (SIGSTOP, SIGCONT). */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, and waits until it is gone. */
  async end(): Promise<void> {
    await this.#child.stop();
  }
}
