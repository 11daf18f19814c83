/**
 * A program of programs/ as a process of its own.
 */
import { fileURLToPath } from "node:url";
import { JsonProgram } from "../test/support/json-program.ts";

/** How long to wait for a program. Nothing here takes that long; what does is stuck. */
export const patienceMs = 120_000;

export interface ProgramOptions {
  /** The command that starts the program, as in `["prlimit", "--nofile=64"]`; it must become the program. */
  readonly behind?: readonly string[];
  readonly nodeOptions?: readonly string[];
}

export function startProgram(
  name: string,
  settings: object,
  { behind = [], nodeOptions = [] }: ProgramOptions = {},
): JsonProgram {
  const file = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const node = [process.execPath, ...nodeOptions, file, JSON.stringify(settings)];
  const [command = "", ...args] = [...behind, ...node];
  return new JsonProgram(command, args, { waitMs: patienceMs });
}
