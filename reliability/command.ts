/** `portcall` itself as a process: its stderr is kept, and can be waited for. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { projectPath } from "../bench/project.ts";
import { Waiting, watchOver } from "./children.ts";

export class Command {
  readonly pid: number;
  /** Every line of stderr so far. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Waiting();
  #over = false;

  constructor(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [projectPath("bin/portcall.js"), ...words], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.lines.push(line);
      this.#waiting.wake();
    });
    this.#ended = watchOver(child).then(() => {
      this.#over = true;
      this.#waiting.wake();
    });
  }

  /** Resolves to the port, once it is listening. */
  async port(): Promise<number> {
    const [line = ""] = await this.says(1, /listening on .*:\d+/);
    return Number(/listening on \S*:(\d+)/.exec(line)?.[1]);
  }

  /**
   * Resolves to the first `count` lines that match, when there are so many.
   *
   * @throws {Error} (rejects) if it ends before, or it takes too long.
   */
  says(count: number, pattern: RegExp): Promise<string[]> {
    return this.#waiting.until(`${count} lines of ${String(pattern)}`, () => {
      const found = this.lines.filter((line) => pattern.test(line));
      if (found.length >= count) return found.slice(0, count);
      if (this.#over)
        throw new Error(`it ended before ${count} lines of ${String(pattern)}: ${this.lines.at(-1)}`);
      return undefined;
    });
  }

  /** Ends it, and waits for its exit. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
