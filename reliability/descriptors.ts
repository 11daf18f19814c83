/** How many descriptors a process may have here. */
import { readFileSync } from "node:fs";

/** Why a program here could not hold so many; `undefined` if it could. Node raises its own limit to the hard one. */
export function tooFewDescriptors(needed: number): string | undefined {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return hard === "unlimited" || Number(hard) >= needed
    ? undefined
    : `${needed} descriptors are needed, and a process may have ${hard} here (ulimit -Hn)`;
}
