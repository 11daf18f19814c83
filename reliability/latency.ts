/** Latencies, as the figures of a check. Pure. */
import type { Figure } from "./check.ts";

/** The value below which `share` of them lie; `Infinity` for an empty list, which misses every target. */
function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Infinity;
}

export function p99Of(latenciesMs: readonly number[]): number {
  return percentile(latenciesMs, 0.99);
}

/** The 99th percentile of some milliseconds, against its bound. */
export function p99Figure(what: string, latenciesMs: readonly number[], atMost: number): Figure {
  return { what, value: p99Of(latenciesMs), unit: "ms", target: { atMost } };
}

/** More percentiles, for the raw log. */
export function describeLatencies(latenciesMs: readonly number[]): Readonly<Record<string, number>> {
  const at = (share: number): number => percentile(latenciesMs, share);
  return {
    count: latenciesMs.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  };
}
