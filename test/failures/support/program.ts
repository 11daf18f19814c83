/**
 * A small program of programs/ as a separate process. It reports in lines of JSON, receives messages in lines of JSON,
 * and is ended by its process id.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** One line that a program printed. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface ProgramOptions {
  /** The words before the program, such as `["setpriv", "--reuid=65534"]`. */
  readonly behind?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class Program {
  readonly pid: number;
  /** Every line so far. */
  readonly lines: Line[] = [];
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #say: (text: string) => void;
  readonly #kill: (signal: NodeJS.Signals) => void;
  #heard: (() => void)[] = [];
  #over: string | undefined;

  constructor(name: string, settings: object, { behind = [], environment = {} }: ProgramOptions) {
    const file = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
    const [command, ...args] = [
      ...behind,
      process.execPath,
      "--enable-source-maps",
      file,
      JSON.stringify(settings),
    ];
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.pid = child.pid ?? 0;
    this.#say = (text) => child.stdin.write(text);
    this.#kill = (signal) => child.kill(signal);
    // It may exit while a message is being written to it.
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#hear();
    });
    this.ended = once(child, "close").then(([code, signal]) => {
      this.#over = String(code ?? signal);
      this.#hear();
      return (code ?? signal) as number | string;
    });
  }

  /** The first matching line, printed already or later. */
  async until(what: string, fits: (line: Line) => boolean): Promise<Line> {
    for (let next = 0; ; next++) {
      while (next >= this.lines.length) {
        if (this.#over !== undefined) {
          throw new Error(
            `the program ended with ${this.#over} before ${what}: ${JSON.stringify(this.lines.slice(-5))}`,
          );
        }
        await new Promise<void>((resolve) => this.#heard.push(resolve));
      }
      const line = this.lines[next] as Line;
      if (fits(line)) return line;
    }
  }

  /** The first line of a type. */
  line(type: string): Promise<Line> {
    return this.until(`"${type}"`, (line) => line.type === type);
  }

  tell(message: object): void {
    this.#say(`${JSON.stringify(message)}\n`);
  }

  /** Kills it, and waits until it has exited. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#kill(signal);
    await this.ended;
  }

  /** Stops or continues it (SIGSTOP, SIGCONT). */
  signal(signal: NodeJS.Signals): void {
    this.#kill(signal);
  }

  #hear(): void {
    for (const heard of this.#heard.splice(0)) heard();
  }
}

/** Starts a program that ends with the test at the latest. */
export function startProgram(
  t: TestContext,
  name: string,
  settings: object,
  options: ProgramOptions = {},
): Program {
  const program = new Program(name, settings, options);
  t.after(() => program.kill());
  return program;
}
