/** One measurement: two fresh servers on one CPU, the one under test and the baseline, loaded in turn. */
import { loadIdle, loadInTurns, type LoadedServer, type Slice, type SliceSettings } from "./load-program.ts";
import type { Peer } from "./peers/index.ts";
import type { Pinning } from "./processors.ts";
import { startServer, type ServerProcess } from "./server-process.ts";
import { estimateOf, medianOf, type Estimate } from "./statistics.ts";
import type { Measure, Workload } from "./workloads.ts";

/** What all measurements of a run have in common. */
export interface MeasuringSettings extends Omit<SliceSettings, "rate"> {
  readonly pinning: Pinning;
}

/** A server beside the baseline. Each number is taken from every pair of neighbouring slices. */
export interface Comparison {
  /** The server's value divided by the baseline's. */
  readonly ratio: Estimate;
  /** The server's value minus the baseline's, in ns. */
  readonly differenceNs: number;
  /** The server's own value. */
  readonly valueNs: number;
  /** The baseline's own values: how fast the machine was meanwhile. */
  readonly baselineNs: Estimate;
  readonly operationsPerSecond: number;
  readonly latencyP50Ns: number;
  readonly latencyP99Ns: number;
}

const valueOf: Readonly<Record<Exclude<Measure, "memoryPerConnection">, (slice: Slice) => number>> = {
  cpuPerOperation: ({ cpuNs, operations }) => cpuNs / operations,
  latencyP99: ({ latencyP99Ns }) => latencyP99Ns,
};

/**
 * Measures a peer beside the baseline.
 *
 * @param rate Operations a second, for a load that does not wait for its answers.
 * @throws {Error} (rejects) if a server does not start or any connection fails.
 */
export function measurePair(
  peer: Peer,
  baseline: Peer,
  workload: Workload,
  settings: MeasuringSettings,
  rate?: number,
): Promise<Comparison> {
  return withServers([baseline, peer], workload, settings.pinning, async (servers) => {
    const slices = rate === undefined ? settings : { ...settings, rate };
    return compare(workload, await loadInTurns(workload, servers, slices, settings.pinning.load));
  });
}

/** Compares slices that are neighbours: first the baseline's, then the server's. Pure. */
export function compare(workload: Workload, turns: readonly (readonly Slice[])[]): Comparison {
  const { measure } = workload;
  if (measure === "memoryPerConnection") throw new TypeError("memory is not measured in slices");
  const pairs = turns.flatMap(([baseline, own]) => {
    if (baseline === undefined || own === undefined) return [];
    const [baselineNs, valueNs] = [valueOf[measure](baseline), valueOf[measure](own)];
    // A kernel that counts CPU time by ticks may count none. On a machine that is too busy, no operation may
    // complete.
    return baselineNs > 0 && baselineNs < Infinity && valueNs > 0 && valueNs < Infinity
      ? [{ own, baselineNs, valueNs }]
      : [];
  });
  if (pairs.length === 0) throw new Error("not one slice could be measured");
  return {
    ratio: estimateOf(pairs.map(({ valueNs, baselineNs }) => valueNs / baselineNs)),
    differenceNs: medianOf(pairs.map(({ valueNs, baselineNs }) => valueNs - baselineNs)),
    valueNs: medianOf(pairs.map(({ valueNs }) => valueNs)),
    baselineNs: estimateOf(pairs.map(({ baselineNs }) => baselineNs)),
    operationsPerSecond: medianOf(pairs.map(({ own }) => (own.operations / own.durationNs) * 1e9)),
    latencyP50Ns: medianOf(pairs.map(({ own }) => own.latencyP50Ns)),
    latencyP99Ns: medianOf(pairs.map(({ own }) => own.latencyP99Ns)),
  };
}

/**
 * Measures the memory of a peer's silent connections, in bytes for each.
 *
 * @throws {Error} (rejects) if the server does not start or any connection fails.
 */
export function measureMemory(
  peer: Peer,
  workload: Workload,
  { pinning }: MeasuringSettings,
): Promise<number> {
  return withServers([peer], workload, pinning, async ([server]) => {
    if (server === undefined) throw new TypeError("one server is needed");
    const { residentBytesBefore, residentBytesAfter } = await loadIdle(workload, server, pinning.load);
    return (residentBytesAfter - residentBytesBefore) / workload.connections;
  });
}

/**
 * The rate of a load that does not wait for its answers: the workload's share of the baseline's rate in closed loops.
 * `undefined` for a workload without one.
 *
 * @throws {Error} (rejects) if the baseline cannot be measured.
 */
export async function rateFor(
  workload: Workload,
  baseline: Peer,
  settings: MeasuringSettings,
): Promise<number | undefined> {
  const share = workload.baselineRateShare;
  if (share === undefined) return undefined;
  const { operationsPerSecond } = await measurePair(baseline, baseline, workload, settings);
  return Math.round(operationsPerSecond * share);
}

/** Runs with fresh processes, so that no measurement is influenced by the previous one. */
async function withServers<T>(
  peers: readonly Peer[],
  workload: Workload,
  pinning: Pinning,
  work: (servers: readonly LoadedServer[]) => Promise<T>,
): Promise<T> {
  const started: ServerProcess[] = [];
  try {
    for (const peer of peers)
      started.push(await startServer(pinning.server(peer.command(workload.service)), workload.environment));
    return await work(
      started.map(({ port, pid }, index) => ({ port, pid, forks: peers[index]?.forks ?? false })),
    );
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}
