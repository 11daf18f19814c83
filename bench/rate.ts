/** At which rate the load comes that does not wait for its answers. */
import { measure, type MeasuringSettings } from "./measurement.ts";
import type { Peer } from "./peers/index.ts";
import type { Workload } from "./workloads.ts";

const attempts = 3;

/**
 * The workload's part of the best rate that its baseline reaches when each answer is
 * waited for; one rate for all peers. `undefined` if the workload is a closed loop.
 *
 * @throws {Error} (rejects) if the baseline is not here or cannot be measured.
 */
export async function rateFor(
  workload: Workload,
  baseline: Peer | undefined,
  settings: MeasuringSettings,
): Promise<number | undefined> {
  const share = workload.baselineRateShare;
  if (share === undefined) return undefined;
  if (baseline === undefined)
    throw new Error(`its rate is a part of that of ${workload.baseline}, which is not here`);
  let best = 0;
  for (let attempt = 0; attempt < attempts; attempt++)
    best = Math.max(best, (await measure(baseline, workload, settings)).operationsPerSecond);
  return Math.round(best * share);
}
