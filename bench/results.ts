/** All measurements of one workload: every peer beside the baseline. */
import { measureMemory, measurePair, rateFor, type Comparison, type MeasuringSettings } from "./pair.ts";
import type { Peer } from "./peers/index.ts";
import type { Presence } from "./presence.ts";
import { baselineName, type Workload } from "./workloads.ts";

export type Outcome =
  | {
      readonly state: "measured";
      readonly peer: Peer;
      readonly version: string;
      readonly result: Comparison | { readonly bytes: number };
    }
  | {
      readonly state: "missing";
      readonly peer: Peer;
      readonly kind: "absent" | "unfit" | "failed";
      readonly why: string;
    };

export interface WorkloadResult {
  readonly workload: Workload;
  /** Operations a second, if the load came at a rate. */
  readonly rate: number | undefined;
  readonly outcomes: readonly Outcome[];
}

/** Runs one workload over all peers. Failures become outcomes; it does not reject. */
export async function runWorkload(
  workload: Workload,
  peers: readonly Peer[],
  found: ReadonlyMap<Peer, Presence>,
  settings: MeasuringSettings,
  tell: (progress: string) => void,
): Promise<WorkloadResult> {
  const baseline = peers.find(({ name }) => name === baselineName);
  const measure = await measureOf(workload, baseline && presentOnly(baseline, found), settings);
  const outcomes: Outcome[] = [];
  for (const peer of peers) {
    const presence = found.get(peer);
    const unfit = peer.unfit?.[workload.name];
    if (presence?.state !== "present") {
      outcomes.push({ state: "missing", peer, kind: "absent", why: presence?.why ?? "not looked for" });
    } else if (unfit !== undefined) {
      outcomes.push({ state: "missing", peer, kind: "unfit", why: unfit });
    } else {
      tell(`${workload.name}: ${peer.name}`);
      try {
        const result = await measure.of(peer);
        outcomes.push({ state: "measured", peer, version: presence.version, result });
      } catch (error) {
        outcomes.push({ state: "missing", peer, kind: "failed", why: wordsOf(error) });
      }
    }
  }
  return { workload, rate: measure.rate, outcomes };
}

const presentOnly = (peer: Peer, found: ReadonlyMap<Peer, Presence>): Peer | undefined =>
  found.get(peer)?.state === "present" ? peer : undefined;

interface WorkloadMeasure {
  readonly rate: number | undefined;
  of(peer: Peer): Promise<Comparison | { readonly bytes: number }>;
}

/** How a peer is measured. Without a baseline, each peer fails with the reason. */
async function measureOf(
  workload: Workload,
  baseline: Peer | undefined,
  settings: MeasuringSettings,
): Promise<WorkloadMeasure> {
  if (workload.measure === "memoryPerConnection")
    return {
      rate: undefined,
      of: async (peer) => ({ bytes: await measureMemory(peer, workload, settings) }),
    };
  try {
    if (baseline === undefined) throw new Error(`there is no ${baselineName} to compare it with`);
    const rate = await rateFor(workload, baseline, settings);
    return { rate, of: (peer) => measurePair(peer, baseline, workload, settings, rate) };
  } catch (error) {
    return { rate: undefined, of: () => Promise.reject(new Error(wordsOf(error))) };
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
