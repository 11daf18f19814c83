/** What a process holds after its work beyond what it held before: leaks, if it is idle both times. */
import { readFileSync } from "node:fs";
import type { Line } from "../test/support/json-program.ts";
import type { Figure } from "./check.ts";

/** Between two answers of `facts` (programs/facts.ts). */
export function leftovers(who: string, before: Line, after: Line, memoryMbMax: number): Figure[] {
  const grown = (fact: string): number => Number(after[fact]) - Number(before[fact]);
  return [
    { what: `${who}: descriptors beyond those before`, value: grown("descriptors"), target: { atMost: 0 } },
    { what: `${who}: timers beyond those before`, value: grown("timers"), target: { atMost: 0 } },
    {
      what: `${who}: memory grown`,
      value: grown("filledBytes") / 1_000_000,
      unit: "MB",
      target: { atMost: memoryMbMax },
    },
    {
      what: `${who}: of it held by JavaScript`,
      value: grown("heldBytes") / 1_000_000,
      unit: "MB",
      target: { atMost: 2 },
    },
  ];
}

/** Sockets of either side of this port in CLOSE_WAIT: the peer has ended, and the process has not closed them. */
export function countCloseWait(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/ +/))
    .filter(
      ([, local, remote, state]) => state === "08" && [local, remote].some((end) => end?.endsWith(`:${hex}`)),
    ).length;
}
