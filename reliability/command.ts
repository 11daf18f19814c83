/** `portcall` itself as a process: its lines on stderr are kept, and can be waited for. */
import { createInterface } from "node:readline";
import { projectPath } from "../bench/project.ts";
import { Child } from "../test/support/child.ts";
import { patienceMs } from "./patience.ts";

export class Command {
  /** Every line of stderr so far. */
  readonly lines: string[] = [];
  readonly #child: Child;

  constructor(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = new Child(process.execPath, [projectPath("bin/portcall.js"), ...words], {
      env: environment,
      inheritsEnv: ["PATH"],
      stdio: ["ignore", "ignore", "pipe"],
      patienceMs,
    });
    const { stderr } = this.#child.process;
    if (stderr === null) throw new Error("portcall has no stderr");
    createInterface({ input: stderr }).on("line", (line) => this.lines.push(line));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The port that it listens on, once its line about it is there. */
  async port(): Promise<number> {
    const [line = ""] = await this.says(1, /listening on .*:\d+/);
    return Number(/listening on \S*:(\d+)/.exec(line)?.[1]);
  }

  /** Resolves to the first `count` lines that match, when there are so many. */
  says(count: number, pattern: RegExp): Promise<string[]> {
    return this.#child.until(`${count} lines of ${String(pattern)}`, () => {
      const found = this.lines.filter((line) => pattern.test(line));
      return found.length >= count ? found.slice(0, count) : undefined;
    });
  }

  /** Ends it, and waits until it is gone. */
  async end(): Promise<void> {
    await this.#child.stop();
  }
}
