/**
 * How many file descriptors this process may have, and has, where /proc tells.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Descriptors } from "../wire.ts";

/** `undefined` where there is no /proc (macOS, Windows), or no limit. */
export function processDescriptors(): Descriptors | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    if (line === null) return undefined;
    // One of those listed is the directory being read.
    return { limit: Number(line[1]), open: readdirSync("/proc/self/fd").length - 1 };
  } catch {
    return undefined;
  }
}
