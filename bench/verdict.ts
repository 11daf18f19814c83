/** Whether the targets were reached, and by how much not. Pure. */
import { ratioOf, type Outcome, type WorkloadResult } from "./rounds.ts";
import type { Spread } from "./statistics.ts";
import type { Target } from "./targets.ts";

export type Verdict =
  | {
      readonly target: Target;
      readonly state: "reached" | "missed";
      /** The best of its peers, which is the one that was judged. */
      readonly peer: string;
      /** What is to be at most the target's `ratioMax` or `bytesMax`. */
      readonly value: Spread;
      /** Whether nobody disturbed in any of the rounds that count; otherwise it says little. */
      readonly calm: boolean;
    }
  | { readonly target: Target; readonly state: "unknown"; readonly why: string };

type Measured = Extract<Outcome, { state: "measured" }>;

/** Judges by the median; a target of a workload or of peers that were not asked for is left out. */
export function judge(targets: readonly Target[], results: readonly WorkloadResult[]): Verdict[] {
  return targets.flatMap((target): Verdict[] => {
    const outcomes = results.find(({ workload }) => workload.name === target.workload)?.outcomes ?? [];
    const own = outcomes.filter(({ peer }) => target.peers.includes(peer.name));
    const [best] = own.filter(isMeasured).toSorted((a, b) => a.value.median - b.value.median);
    if (best === undefined) return own.slice(0, 1).map((outcome) => unknown(target, outcome));
    const { limit } = target;
    if ("bytesMax" in limit) return [verdict(target, best, best.value, limit.bytesMax, true)];
    const against = outcomes.find(({ peer }) => peer.name === limit.against);
    if (against === undefined) return [];
    if (!isMeasured(against)) return [unknown(target, against)];
    const ratio = ratioOf(best.samples, against.samples);
    // What is resident does not depend on who else is running.
    return [verdict(target, best, ratio, limit.ratioMax, ratio.calmRounds > 0 || target.workload === "idle")];
  });
}

const isMeasured = (outcome: Outcome): outcome is Measured => outcome.state === "measured";

function unknown(target: Target, outcome: Outcome): Verdict {
  const why = outcome.state === "missing" ? `${outcome.peer.name} ${outcome.kind}: ${outcome.why}` : "";
  return { target, state: "unknown", why };
}

function verdict(target: Target, best: Measured, value: Spread, max: number, calm: boolean): Verdict {
  const state = value.median <= max ? "reached" : "missed";
  return { target, state, peer: best.peer.name, value, calm };
}
