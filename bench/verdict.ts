/** Whether the targets were reached, and by how much not. Pure. */
import { ratioOf, type Ratio, type WorkloadResult } from "./rounds.ts";
import type { Target } from "./targets.ts";

export type Verdict =
  | { readonly target: Target; readonly state: "reached" | "missed"; readonly ratio: Ratio }
  | { readonly target: Target; readonly state: "unknown"; readonly why: string };

/** Judges by the median; a target of a workload that was not run is left out. */
export function judge(targets: readonly Target[], results: readonly WorkloadResult[]): Verdict[] {
  return targets.flatMap((target): Verdict[] => {
    const result = results.find(({ workload }) => workload.name === target.workload);
    if (!result) return [];
    const outcomeOf = (name: string) => result.outcomes.find(({ peer }) => peer.name === name);
    const [own, against] = [outcomeOf(target.peer), outcomeOf(target.against)];
    if (!own || !against) return [];
    for (const outcome of [own, against]) {
      if (outcome.state === "missing")
        return [{ target, state: "unknown", why: `${outcome.peer.name} ${outcome.kind}: ${outcome.why}` }];
    }
    if (own.state !== "measured" || against.state !== "measured") return [];
    const ratio = ratioOf(own.samples, against.samples);
    return [{ target, state: ratio.median <= target.ratioMax ? "reached" : "missed", ratio }];
  });
}
