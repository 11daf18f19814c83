/**
 * What a test needs of the machine: without it the test is skipped, and says why.
 * Where everything has to be there (`PORTCALL_PEERS=required`), it fails instead.
 */
import { spawnSync } from "node:child_process";

/** The `skip` of a test's options, from the first thing that is missing. */
export function unless(...missing: readonly (string | undefined)[]): { readonly skip: string | false } {
  const reason = missing.find((one) => one !== undefined);
  if (reason !== undefined && process.env["PORTCALL_PEERS"] === "required") {
    throw new Error(`${reason}, and PORTCALL_PEERS=required says that it has to work`);
  }
  return { skip: reason ?? false };
}

/** Why a command cannot be run here; `undefined` if it can. */
export function cannotRun(words: string, ...command: readonly [string, ...string[]]): string | undefined {
  const [program, ...args] = command;
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `${words} (${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""})`;
}

export const notLinux: string | undefined = process.platform === "linux" ? undefined : "this needs Linux";
export const noPython: string | undefined = cannotRun("this needs python3", "python3", "-c", "");
