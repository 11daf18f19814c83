/**
 * A peer in Python, for what Node has no call for, as `shutdown(SHUT_RD)`.
 */
import type { TestContext } from "node:test";
import { start } from "./command.ts";
import { needs } from "./programs.ts";

/** Why tests with such a peer cannot run here, if so. */
export const noPython: string | false = needs("python3").skip;

export interface PythonPeer {
  /** A line on the standard input of the program: its next step. */
  readonly tell: (line: string) => void;
  readonly hear: () => Promise<string>;
}

/** Runs a program until the test is over. It should flush what it prints. */
export function startPython(t: TestContext, program: string, ...args: string[]): PythonPeer {
  const child = start(t, "python3", ["-c", program, ...args]);
  return {
    tell: (line) => void child.write(`${line}\n`),
    hear: () => child.line(),
  };
}
