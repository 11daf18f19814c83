/**
 * The load of other programs on this machine during a check. Latencies and rates
 * mean little without it.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Processor time so far, in ticks of the kernel. */
interface Ticks {
  /** Of this process and of those it started and has seen end. */
  readonly own: number;
  /** Of all processes. */
  readonly busy: number;
  readonly atMs: number;
}

/** One hundred in a second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

function ticks(): Ticks {
  // The name is in parentheses and may hold any character; the numbers follow it.
  const own = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .map(Number);
  const all = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/ +/).slice(1, 9).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = all;
  return {
    own: own.slice(11, 15).reduce((sum, value) => sum + value, 0),
    busy: user + nice + system + irq + softirq + steal,
    atMs: performance.now(),
  };
}

/**
 * Starts to measure. The function that it returns gives the share of all processors that other programs
 * have used since, from 0 to 1. Child processes count as our own once they have ended.
 */
export function watchOthers(): () => number {
  const before = ticks();
  return () => {
    const after = ticks();
    const seconds = (after.atMs - before.atMs) / 1_000;
    const others = after.busy - before.busy - (after.own - before.own);
    return Math.min(1, Math.max(0, others / ticksPerSecond / seconds / availableParallelism()));
  };
}
