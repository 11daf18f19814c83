/**
 * A peer in Python, for what Node has no call for, as `shutdown(SHUT_RD)`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { needs } from "./programs.ts";

/** Why tests with such a peer cannot run here, if so. */
export const noPython: string | false = needs("python3").skip;

export interface PythonPeer {
  /** A line on the standard input of the program: its next step. */
  readonly tell: (line: string) => void;
  /** The next line that it prints. */
  readonly hear: () => Promise<string>;
}

/** Runs a program until the test is over. It should flush what it prints. */
export function startPython(t: TestContext, program: string, ...args: string[]): PythonPeer {
  const child = spawn("python3", ["-c", program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    tell(line) {
      child.stdin.write(`${line}\n`);
    },
    async hear() {
      const line = await lines.next();
      if (line.done === true) throw new Error("the program has ended");
      return line.value;
    },
  };
}
