/** Far ends in Python, for what a Node socket cannot do. */
import { spawnSync } from "node:child_process";
import type { TestContext } from "node:test";
import { start } from "../../support/command.ts";

export interface Python {
  readonly pid: number;
  line<Value>(): Promise<Value>;
}

/** Starts peers/`name`.py; it ends with the test at the latest. */
export function startPython(t: TestContext, name: string, args: readonly string[]): Python {
  const child = start(t, "python3", [`test/failures/peers/${name}.py`, ...args]);
  return {
    pid: child.pid,
    line: async <Value>() => JSON.parse(await child.line()) as Value,
  };
}

/** Runs peers/`name`.py to its end, while nothing else happens in this process. */
export function runPython(name: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync("python3", [`test/failures/peers/${name}.py`, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}.py: ${stderr}`);
}
