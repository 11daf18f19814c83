/** Facts of a process about itself. */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Facts {
  readonly residentBytes: number;
  /** The same without the room that V8 keeps empty, of which it takes more the busier it was. */
  readonly filledBytes: number;
  /** What is reachable from JavaScript, its buffers too. */
  readonly heldBytes: number;
  readonly descriptors: number;
  /** Timers that are set. */
  readonly timers: number;
}

/** As it is now; memory after full collections, where Node was started with --expose-gc. */
export async function facts(): Promise<Facts> {
  await collectGarbage();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return {
    residentBytes: rss,
    filledBytes: rss - (heapTotal - heapUsed),
    heldBytes: heapUsed + external,
    // Without the one that reads the folder.
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    descriptors: readdirSync("/proc/self/fd").length - 1,
  };
}

/**
 * One collection is not enough: V8 frees buffers on another thread, and native objects release theirs in a later turn.
 * So it collects until nothing more is freed.
 */
async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) return;
  let leastBytes = Infinity;
  for (let withoutGain = 0; withoutGain < 3;) {
    globalThis.gc();
    await sleep(10);
    const { heapUsed, external } = process.memoryUsage();
    withoutGain = heapUsed + external < leastBytes - 100_000 ? 0 : withoutGain + 1;
    leastBytes = Math.min(leastBytes, heapUsed + external);
  }
}

/** Resolves when the condition holds, or after five seconds: the facts then show that it does not. */
export async function restAfter(isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 100 && !isSo(); looks++) await sleep(50);
}
