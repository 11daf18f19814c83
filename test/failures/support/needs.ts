/**
 * What a test needs of the machine: without it the test is skipped, and says why.
 * Where everything has to be there (`PORTCALL_PEERS=required`), it fails instead.
 */
import { spawnSync } from "node:child_process";
import { missing, required } from "../../support/programs.ts";

/** Far beyond what any of them takes, on a machine however busy. */
const timeoutMs = 45_000;

/** A test's options: it is skipped for the first thing that is missing, and fails when it waits in vain. */
export function unless(...reasons: readonly (string | undefined)[]): {
  readonly skip: string | false;
  readonly timeout: number;
} {
  const reason = reasons.find((one) => one !== undefined);
  if (reason !== undefined && required) {
    throw new Error(`${reason}, and PORTCALL_PEERS=required says that it has to work`);
  }
  return { skip: reason ?? false, timeout: timeoutMs };
}

/** Why a command cannot be run here; `undefined` if it can. */
export function cannotRun(words: string, ...command: readonly [string, ...string[]]): string | undefined {
  const [program, ...args] = command;
  // Node is named by its path, and is here.
  const absent = program === process.execPath ? undefined : missing(program);
  if (absent !== undefined) return absent;
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `${words} (${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""})`;
}

export const notLinux: string | undefined = process.platform === "linux" ? undefined : "this needs Linux";
export const noPython: string | undefined = missing("python3");
