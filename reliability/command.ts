/** `portcall` itself as a process: its lines on stderr are kept, and can be waited for. */
import { createInterface } from "node:readline";
import { projectPath } from "../bench/project.ts";
import { Child } from "../test/support/child.ts";
import { patienceMs } from "./program.ts";

export class Command {
  readonly lines: string[] = [];
  readonly #child: Child;

  constructor(words: readonly string[]) {
    this.#child = new Child(process.execPath, [projectPath("bin/portcall.js"), ...words], {
      inheritsEnv: ["PATH"],
      stdio: ["ignore", "ignore", "pipe"],
      waitMs: patienceMs,
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
    const pattern = /listening on \S*:(\d+)/;
    const line = await this.#child.until("an address", () => this.lines.find((one) => pattern.test(one)));
    return Number(pattern.exec(line)?.[1]);
  }

  async end(): Promise<void> {
    await this.#child.stop();
  }
}
