/**
 * The project's targets for speed, one row each: the best of `peers` has at most
 * `ratioMax` times the value of `against`, in the same run, or at most `bytesMax`.
 */
import { engineNames } from "./peers/portcall.ts";
import { baselineName, type WorkloadName } from "./workloads.ts";

export interface Target {
  readonly workload: WorkloadName;
  /** The part of Portcall that has the target. */
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

const serveEcho = { who: "serve echo", peers: ["portcall serve echo"] };

/** To be faster in all workloads with small messages or many connections. */
const rivals = ["Bun.listen", "uvloop", "Go net", "node:net"];
const small: readonly WorkloadName[] = ["echo-64", "echo-64-1000", "churn"];

const epoll = (ratioMax: number): Target["limit"] => ({ against: baselineName, ratioMax });

export const targets: readonly Target[] = [
  { workload: "echo-64", ...serveEcho, limit: epoll(1.08) },
  { workload: "echo-64-1000", ...serveEcho, limit: epoll(1) },
  { workload: "echo-64k", ...serveEcho, limit: epoll(1.08) },
  { workload: "echo-64", ...rawOn("io_uring"), limit: epoll(0.97) },
  { workload: "echo-64", ...rawOn("epoll"), limit: epoll(1.08) },
  { workload: "echo-64-1000", ...rawOn("io_uring"), limit: epoll(0.95) },
  { workload: "echo-64", ...lines, limit: epoll(1.2) },
  { workload: "echo-64", ...lines, limit: { against: "Bun.listen", ratioMax: 1 } },
  { workload: "echo-64", ...lines, limit: { against: "node:net", ratioMax: 1 } },
  { workload: "echo-64k", ...raw, limit: epoll(1.1) },
  { workload: "bulk", ...raw, limit: epoll(1.1) },
  { workload: "churn", ...raw, limit: epoll(1.05) },
  { workload: "idle", ...raw, limit: { bytesMax: 450 } },
  { workload: "idle", ...lines, limit: { bytesMax: 1000 } },
  { workload: "idle", ...raw, limit: { against: "Bun.listen", ratioMax: 1 } },
  { workload: "latency", ...raw, limit: epoll(1.05) },
  ...small.flatMap((workload) =>
    rivals.map((against): Target => ({ workload, ...raw, limit: { against, ratioMax: 1 } })),
  ),
  { workload: "echo-64", ...rawOn("portable"), limit: { against: "node:net", ratioMax: 1.1 } },
  { workload: "echo-64", ...linesOn("portable"), limit: { against: "node:net", ratioMax: 1.5 } },
];
