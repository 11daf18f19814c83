/**
 * What the project promises of its speed, one row each: of the measured `peers` the
 * best one has at most `ratioMax` times the value of `against`, in the same run, or
 * at most `bytesMax`.
 */
import { engineNames } from "./peers/portcall.ts";
import type { WorkloadName } from "./workloads.ts";

export interface Target {
  readonly workload: WorkloadName;
  /** Who is to keep it, in words. */
  readonly who: string;
  readonly peers: readonly string[];
  readonly limit: { readonly against: string; readonly ratioMax: number } | { readonly bytesMax: number };
}

const rawOn = (engine: (typeof engineNames)[number]) => ({
  who: `raw, ${engine}`,
  peers: [`portcall raw (${engine})`],
});
const linesOn = (engine: (typeof engineNames)[number]) => ({
  who: `lines, ${engine}`,
  peers: [`portcall lines (${engine})`],
});
const raw = { who: "raw, best engine", peers: engineNames.flatMap((engine) => rawOn(engine).peers) };
const lines = { who: "lines, best engine", peers: engineNames.flatMap((engine) => linesOn(engine).peers) };

/** Ahead of these in whatever has small messages or many connections. */
const rivals = ["Bun.listen", "uvloop", "Go net", "node:net"];
const small: readonly WorkloadName[] = ["echo-64", "echo-64-1000", "churn"];

const epoll = (ratioMax: number): Target["limit"] => ({ against: "C epoll", ratioMax });

export const targets: readonly Target[] = [
  { workload: "echo-64", ...rawOn("io_uring"), limit: epoll(0.97) },
  { workload: "echo-64", ...rawOn("epoll"), limit: epoll(1.08) },
  { workload: "echo-64-1000", ...raw, limit: epoll(1.05) },
  { workload: "echo-64", ...lines, limit: epoll(1.35) },
  { workload: "echo-64", ...lines, limit: { against: "node:net", ratioMax: 1 } },
  { workload: "echo-64k", ...raw, limit: epoll(1.1) },
  { workload: "bulk", ...raw, limit: epoll(1.05) },
  { workload: "churn", ...raw, limit: epoll(1.2) },
  { workload: "idle", ...raw, limit: { bytesMax: 700 } },
  { workload: "idle", ...raw, limit: { against: "Bun.listen", ratioMax: 1 } },
  { workload: "latency", ...raw, limit: epoll(1.1) },
  ...small.flatMap((workload) =>
    rivals.map((against): Target => ({ workload, ...raw, limit: { against, ratioMax: 1 } })),
  ),
  { workload: "echo-64", ...rawOn("portable"), limit: { against: "node:net", ratioMax: 1.1 } },
  { workload: "echo-64", ...linesOn("portable"), limit: { against: "node:net", ratioMax: 1.5 } },
];
