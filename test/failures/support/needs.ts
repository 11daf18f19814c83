/**
 * Requirements of a test on the machine: without them the test is skipped, with the reason. With
 * `PORTCALL_PEERS=required` it fails instead.
 */
import { spawnSync } from "node:child_process";
import { missing, required } from "../../support/programs.ts";

/** Far more than any of them takes, even on a busy machine. */
const timeoutMs = 45_000;

/** A test's options: skipped for the first missing requirement, and failing at the timeout. */
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

/** Why a command cannot run on this machine; `undefined` if it can. */
export function cannotRun(words: string, ...command: readonly [string, ...string[]]): string | undefined {
  const [program, ...args] = command;
  // Node is given by its path, which exists.
  const absent = program === process.execPath ? undefined : missing(program);
  if (absent !== undefined) return absent;
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `${words} (${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""})`;
}

export const notLinux: string | undefined = process.platform === "linux" ? undefined : "this needs Linux";
export const noPython: string | undefined = missing("python3");
