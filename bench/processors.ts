/**
 * Assigns CPUs: servers to one and the load program to another, so that neither migrates or takes time from the
 * other. Without `taskset`, or with one CPU only, nothing is pinned, and the report says so.
 */
import { readFileSync } from "node:fs";
import { commandVersion } from "./presence.ts";

/** Wraps a command so that it runs on its CPU. */
export type Pin = (command: readonly string[]) => readonly string[];

export interface Pinning {
  /** In words, for the report. */
  readonly description: string;
  /** The same command, on the CPU of the server (of the load program). */
  readonly server: Pin;
  readonly load: Pin;
}

/** The CPUs that this process may use, in order, from a list as in `0-3,8`. */
function parseCpuList(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    if (first === undefined || last === undefined || !Number.isInteger(first) || !Number.isInteger(last))
      return [];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function allowedCpus(): number[] {
  const status = readFileSync("/proc/self/status", "utf8");
  return parseCpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? "");
}

export function choosePinning(): Pinning {
  const unpinned: Pin = (command) => command;
  if (commandVersion("taskset", ["--version"]) === undefined)
    return { description: "nothing pinned: no taskset", server: unpinned, load: unpinned };
  const [serverCpu, loadCpu] = allowedCpus();
  if (serverCpu === undefined || loadCpu === undefined)
    return { description: "nothing pinned: one CPU only", server: unpinned, load: unpinned };
  // taskset replaces itself by the command, so the process that is started is the one that is measured.
  const on =
    (cpu: number): Pin =>
    (command) => ["taskset", "-c", String(cpu), ...command];
  return {
    description: `servers on CPU ${serverCpu}, load on CPU ${loadCpu}`,
    server: on(serverCpu),
    load: on(loadCpu),
  };
}
