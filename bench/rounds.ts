/**
 * All measurements of one workload: in each round every peer once, each round
 * beginning with another peer, so that a machine that slows down for a while slows
 * all of them. Ratios are taken inside a round, between neighbours in time; their
 * median and spread are what is reported.
 */
import { isCalm, measure, type MeasuringSettings, type Sample } from "./measurement.ts";
import type { Peer } from "./peers/index.ts";
import type { Presence } from "./presence.ts";
import { rateFor } from "./rate.ts";
import { medianOf, rotate, spreadOf, type Spread } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

/** What came of one peer under one workload. */
export type Outcome =
  | {
      readonly state: "measured";
      readonly peer: Peer;
      readonly version: string;
      /** One a round. */
      readonly samples: readonly Sample[];
      readonly value: Spread;
      /** How many of them nobody disturbed. */
      readonly calmRounds: number;
      /** Its value in relation to the baseline's; `undefined` if the baseline could not be measured. */
      readonly ratio: Ratio | undefined;
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
export async function runRounds(
  workload: Workload,
  peers: readonly Peer[],
  found: ReadonlyMap<Peer, Presence>,
  settings: MeasuringSettings & { readonly rounds: number },
  tell: (progress: string) => void,
): Promise<WorkloadResult> {
  const missing = new Map<Peer, Outcome>();
  const versions = new Map<Peer, string>();
  const samples = new Map<Peer, Sample[]>();
  for (const peer of peers) {
    const presence = found.get(peer);
    const unfit = peer.unfit?.[workload.name];
    if (presence?.state !== "present")
      missing.set(peer, { state: "missing", peer, kind: "absent", why: presence?.why ?? "not looked for" });
    else if (unfit !== undefined) missing.set(peer, { state: "missing", peer, kind: "unfit", why: unfit });
    else versions.set(peer, presence.version);
  }

  const baseline = peers.find((peer) => peer.name === workload.baseline);
  let rate: number | undefined;
  try {
    rate = await rateFor(workload, baseline && versions.has(baseline) ? baseline : undefined, settings);
  } catch (error) {
    for (const peer of versions.keys()) missing.set(peer, failed(peer, error));
  }

  const rounds = Math.min(settings.rounds, workload.roundsMax ?? settings.rounds);
  for (let round = 0; round < rounds; round++) {
    for (const peer of rotate([...versions.keys()], round)) {
      if (missing.has(peer)) continue;
      tell(`${workload.name}, round ${round + 1} of ${rounds}: ${peer.name}`);
      try {
        samples.set(peer, [...(samples.get(peer) ?? []), await measure(peer, workload, settings, rate)]);
      } catch (error) {
        missing.set(peer, failed(peer, error));
      }
    }
  }

  const baselineSamples = baseline && !missing.has(baseline) ? samples.get(baseline) : undefined;
  const outcomes = peers.map((peer): Outcome => {
    const failure = missing.get(peer);
    if (failure) return failure;
    const own = samples.get(peer) ?? [];
    return {
      state: "measured",
      peer,
      version: versions.get(peer) ?? "",
      samples: own,
      value: spreadOf(counted(own).map((sample) => sample.value)),
      calmRounds: own.filter(isCalm).length,
      ratio: baselineSamples && ratioOf(own, baselineSamples),
    };
  });
  return { workload, rate, outcomes };
}

function failed(peer: Peer, error: unknown): Outcome {
  const why = error instanceof Error ? error.message : String(error);
  return { state: "missing", peer, kind: "failed", why };
}

/** The calm samples; if there are none, all of them. */
function counted(samples: readonly Sample[]): readonly Sample[] {
  const calm = samples.filter(isCalm);
  return calm.length > 0 ? calm : samples;
}

/** A ratio of two peers, and of how many rounds: 0 if none was calm for both, and it says little. */
export interface Ratio extends Spread {
  readonly calmRounds: number;
}

/** Round by round, one peer's values divided by another's; rounds in which both were calm, if there are any. */
export function ratioOf(own: readonly Sample[], against: readonly Sample[]): Ratio {
  const rounds = own.flatMap((sample, round) => {
    const other = against[round];
    return other === undefined
      ? []
      : [{ ratio: sample.value / other.value, calm: isCalm(sample) && isCalm(other) }];
  });
  const calm = rounds.filter((round) => round.calm);
  const counting = calm.length > 0 ? calm : rounds;
  return { ...spreadOf(counting.map(({ ratio }) => ratio)), calmRounds: calm.length };
}

/** The median of one number of the samples that count. */
export const medianIn = (samples: readonly Sample[], number: (sample: Sample) => number): number =>
  medianOf(counted(samples).map(number));
