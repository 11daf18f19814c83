/** Facts about processes from the system: memory, descriptors, state. Linux. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A number of /proc/pid/status, in bytes: `VmRSS` is the resident memory, `VmHWM` its peak. */
export function memoryBytes(pid: number, name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1_024;
}

/** Resets `VmHWM` to the present resident memory. */
export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** `Z` is a zombie. */
  readonly state: string;
  /** As it was when it was started; empty for a zombie. */
  readonly environment: string;
}

/** Every readable process. */
export function allProcesses(): ProcessFacts[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0)
    .flatMap((pid) => {
      try {
        // After the name, which is in parentheses and may hold any character.
        const [state = "", parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
        return [{ pid, parent: Number(parent), state, environment }];
      } catch {
        // It has ended meanwhile, or belongs to another user.
        return [];
      }
    });
}
