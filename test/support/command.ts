/**
 * Programs as children of a test: `portcall` itself, and the peers it talks to. What a test leaves running ends with it.
 */
import type { TestContext } from "node:test";
import { Child, type StartOptions } from "./child.ts";

export { Child, type StartOptions } from "./child.ts";

/** Starts a program; the end of the test is its end too. */
export function start(
  t: TestContext,
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Child {
  const child = new Child(program, args, options);
  t.after(() => child.stop());
  return child;
}

export function portcall(t: TestContext, args: readonly string[], options: StartOptions = {}): Child {
  return start(t, process.execPath, [commandPath, ...args], options);
}

/** The command of this checkout; tests run at its top. */
export const commandPath = `${process.cwd()}/bin/portcall.js`;
