/** One measurement: a fresh server, the load on it, the numbers. */
import { loadCommand, runLoad, type LoadResult } from "./load-program.ts";
import type { Peer } from "./peers/index.ts";
import type { Pinning } from "./processors.ts";
import { startServer } from "./server-process.ts";
import type { Measure, Workload } from "./workloads.ts";

/** What all measurements of a run have in common. */
export interface MeasuringSettings {
  readonly pinning: Pinning;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Whether there is still time to measure once more what others have disturbed. */
  mayRepeat(): boolean;
}

/** What one measurement says. */
export interface Sample {
  /** The workload's measure. */
  readonly value: number;
  readonly operationsPerSecond: number;
  readonly latencyP50Ns: number;
  readonly latencyP99Ns: number;
  /** The part of the measured time in which the server (the load program) was on a CPU. */
  readonly serverBusyShare: number;
  readonly loadBusyShare: number;
  /** The same of everybody else who ran on their CPUs. */
  readonly othersBusyShare: number;
}

const valueOf: Readonly<Record<Measure, (result: LoadResult, workload: Workload) => number>> = {
  cpuPerOperation: ({ server, operations }) => server.cpuNs / operations,
  memoryPerConnection: ({ server }, { connections }) =>
    (server.residentBytesAfter - server.residentBytesBefore) / connections,
  latencyP99: ({ latencyNs }) => latencyNs.p99,
};

/** How much of a CPU others may take before a measurement is repeated, and how often it is. */
export const othersBusyShareMax = 0.1;
const attemptsMax = 3;

/** Whether nobody else got in the way. */
export const isCalm = (sample: Sample): boolean => sample.othersBusyShare <= othersBusyShareMax;

/**
 * Measures one peer under one workload. If others got in the way, again; the
 * calmest attempt counts. (A disturbed server wakes to fewer bytes at a time and to
 * cold caches; its CPU time per operation was seen to rise by half.)
 *
 * @param rate Operations a second, for a load that does not wait for its answers.
 * @throws {Error} (rejects) if the server does not start or any connection fails.
 */
export async function measure(
  peer: Peer,
  workload: Workload,
  settings: MeasuringSettings,
  rate?: number,
): Promise<Sample> {
  let calmest = await measureOnce(peer, workload, settings, rate);
  // Memory is what it is, however busy the CPUs are.
  const disturbed = (): boolean => !isCalm(calmest) && workload.measure !== "memoryPerConnection";
  for (let attempt = 2; attempt <= attemptsMax && disturbed() && settings.mayRepeat(); attempt++) {
    const sample = await measureOnce(peer, workload, settings, rate);
    if (sample.othersBusyShare < calmest.othersBusyShare) calmest = sample;
  }
  return calmest;
}

/** In a process of its own, so that no measurement lives on what the one before has warmed up or littered. */
async function measureOnce(
  peer: Peer,
  workload: Workload,
  settings: MeasuringSettings,
  rate: number | undefined,
): Promise<Sample> {
  const server = await startServer(
    settings.pinning.server(peer.command(workload.service)),
    workload.environment,
  );
  try {
    const more = [
      ...(peer.forks === true ? ["--session", "1"] : []),
      ...(rate === undefined ? [] : ["--rate", String(rate)]),
    ];
    const result = await runLoad(settings.pinning.load(loadCommand(workload, server, settings, more)));
    const value = valueOf[workload.measure](result, workload);
    if (result.operations === 0 || !Number.isFinite(value)) throw new Error("not one operation was done");
    return {
      value,
      operationsPerSecond: result.operations / result.seconds,
      latencyP50Ns: result.latencyNs.p50,
      latencyP99Ns: result.latencyNs.p99,
      serverBusyShare: result.server.cpuNs / (result.seconds * 1e9),
      loadBusyShare: result.loadCpuNs / (result.seconds * 1e9),
      othersBusyShare: result.othersCpuNs / (result.seconds * 1e9),
    };
  } finally {
    await server.stop();
  }
}
