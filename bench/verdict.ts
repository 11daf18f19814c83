/** Whether the targets were reached. Pure. */
import type { Outcome, WorkloadResult } from "./results.ts";
import type { Estimate } from "./statistics.ts";
import type { Target } from "./targets.ts";
import { baselineName } from "./workloads.ts";

export type Verdict =
  | {
      readonly target: Target;
      readonly state: "reached" | "missed";
      /** The best of the target's peers, which decides. */
      readonly peer: string;
      /** The value that must not exceed the target's `ratioMax` or `bytesMax`. */
      readonly value: Estimate;
      /** Whether the limit lies outside the interval, so that another run would give the same verdict. */
      readonly clear: boolean;
    }
  | { readonly target: Target; readonly state: "unknown"; readonly why: string };

type Measured = Extract<Outcome, { state: "measured" }>;

/** Judges by the median. Skips targets whose workload or peers were not requested. */
export function judge(targets: readonly Target[], results: readonly WorkloadResult[]): Verdict[] {
  return targets.flatMap((target): Verdict[] => {
    const outcomes = results.find(({ workload }) => workload.name === target.workload)?.outcomes ?? [];
    const own = outcomes.filter(({ peer }) => target.peers.includes(peer.name));
    const [best] = own.filter(isMeasured).toSorted((a, b) => estimateIn(a).median - estimateIn(b).median);
    if (best === undefined) return own.slice(0, 1).map((outcome) => unknown(target, outcome));
    const { limit } = target;
    if ("bytesMax" in limit) return [verdict(target, best, estimateIn(best), limit.bytesMax)];
    const against = outcomes.find(({ peer }) => peer.name === limit.against);
    if (against === undefined) return [];
    if (!isMeasured(against)) return [unknown(target, against)];
    return [verdict(target, best, ratioOf(best, against), limit.ratioMax)];
  });
}

const isMeasured = (outcome: Outcome): outcome is Measured => outcome.state === "measured";

/** The number by which peers are compared: the ratio to the baseline, or bytes. */
const estimateIn = ({ result }: Measured): Estimate =>
  "bytes" in result ? { median: result.bytes, low: result.bytes, high: result.bytes } : result.ratio;

/** The ratio of two peers. Against another peer than the baseline it is the quotient of both ratios to the baseline. */
function ratioOf(own: Measured, against: Measured): Estimate {
  const ownValue = estimateIn(own);
  if (against.peer.name === baselineName && "ratio" in own.result) return ownValue;
  const other = estimateIn(against);
  return {
    median: ownValue.median / other.median,
    low: ownValue.low / other.high,
    high: ownValue.high / other.low,
  };
}

function unknown(target: Target, outcome: Outcome): Verdict {
  const why = outcome.state === "missing" ? `${outcome.peer.name} ${outcome.kind}: ${outcome.why}` : "";
  return { target, state: "unknown", why };
}

function verdict(target: Target, best: Measured, value: Estimate, max: number): Verdict {
  const state = value.median <= max ? "reached" : "missed";
  const clear = value.high <= max || value.low > max;
  return { target, state, peer: best.peer.name, value, clear };
}
