/**
 * Processes of the machine, by their ids; Linux only.
 */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** Whether a process still runs: one that has ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]$/.test(stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3));
  } catch {
    return false;
  }
}

/** Resolves when none of them runs any more. A killed process may take a moment to end. */
export async function haveEnded(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await setTimeout(5);
}

/** The ids of a process's children, those included that have ended unnoticed. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** The memory that a process has in use. */
export function memoryOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1_024;
}

/** Resolves when a process has written nothing between one look and the next, many times in a row. */
export async function standsStill(pid: number): Promise<void> {
  const written = (): string => /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1] ?? "";
  for (let looks = 0, before = ""; looks < 20; looks++) {
    const now = written();
    if (now !== before) looks = 0;
    before = now;
    await setTimeout(10);
  }
}
