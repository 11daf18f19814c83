/** Programs that a check needs beside Node. */
import { spawnSync } from "node:child_process";

/** Why a command cannot be run here; `undefined` if it can. */
export function runs(program: string, ...args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `this needs ${program} (${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""})`;
}
