/** What a process knows of itself. */
import { readdirSync } from "node:fs";

export interface Facts {
  readonly residentBytes: number;
  readonly descriptors: number;
  /** Processor time of the whole process, user and system. */
  readonly cpuMs: number;
}

/** As it is now; memory after a full collection, where Node was started with --expose-gc. */
export function facts(): Facts {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    // Without the one that reads the folder.
    descriptors: readdirSync("/proc/self/fd").length - 1,
    cpuMs: (user + system) / 1_000,
  };
}
