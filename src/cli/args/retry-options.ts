/**
 * How often, and how long, `connect` tries: --retry, --retry-delay and --wait.
 */
import { setting, settingNumber } from "./library-options.ts";
import { backoff, type RetrySchedule } from "../../net/index.ts";
import { forConnections } from "./forms.ts";
import type { ValuedRow } from "./options.ts";
import { duration, wholeNumber } from "./values.ts";

export const retryOptions: Readonly<Record<keyof RetryFlags, ValuedRow<number>>> = {
  retry: {
    ...setting("retry"),
    unfit: { udp: forConnections },
    brief: "after a failure that may pass, try again, so often at most",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  "retry-delay": {
    unfit: { udp: forConnections },
    needs: ["retry", "wait"],
    brief: "pause about so long before the second try, each time twice as long",
    value: { placeholder: "<time>", read: duration },
  },
  wait: {
    unfit: { udp: forConnections },
    brief: "try again until it answers, for so long in all",
    ...settingNumber("establishTimeoutMs"),
  },
};

export interface RetryFlags {
  readonly retry?: number;
  readonly "retry-delay"?: number;
  readonly wait?: number;
}

/** The options of the library that they stand for. */
export interface RetryPlan {
  readonly retry?: RetrySchedule;
  readonly establishTimeoutMs?: number;
}

/** Who waits for a server that starts wants to know soon; who tries again, to leave it alone for a while. */
const waiting = { firstDelayMs: 50, delayMsMax: 250 };
const retrying = { firstDelayMs: 1_000, delayMsMax: 30_000 };

/** Half of each pause is left to chance: `--retry-delay` is still about what it says. */
const jitter = 0.5;

export function readRetryFlags({ retry, "retry-delay": delay, wait }: RetryFlags): RetryPlan {
  if (retry === undefined && wait === undefined) return {};
  const { firstDelayMs, delayMsMax } = wait === undefined ? retrying : waiting;
  const first = delay ?? firstDelayMs;
  const schedule = backoff({
    firstDelayMs: first,
    delayMsMax: Math.max(first, delayMsMax),
    triesMax: retry === undefined ? Infinity : retry + 1,
    jitter,
  });
  return { retry: schedule, ...(wait === undefined ? {} : { establishTimeoutMs: wait }) };
}
