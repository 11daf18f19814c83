/**
 * A small program of programs/ as a separate process.
 */
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { JsonProgram } from "../../support/json-program.ts";

export type { JsonProgram, Line } from "../../support/json-program.ts";

export interface ProgramOptions {
  /** The words before the program, such as `["setpriv", "--reuid=65534"]`. */
  readonly behind?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a program that ends with the test at the latest. */
export function startProgram(
  t: TestContext,
  name: string,
  settings: object,
  { behind = [], environment = {} }: ProgramOptions = {},
): JsonProgram {
  const file = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
  const node = [process.execPath, "--enable-source-maps", file, JSON.stringify(settings)];
  const [command = "", ...args] = [...behind, ...node];
  const program = new JsonProgram(command, args, { env: environment });
  t.after(() => program.end());
  return program;
}
