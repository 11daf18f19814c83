/** Facts about processes from the system: memory and descriptors. Linux. */
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
