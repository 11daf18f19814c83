/**
 * How often and how long `connect` retries: --retry, --retry-delay and --wait.
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
    brief: "retry at most this many times after a temporary failure",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  "retry-delay": {
    unfit: { udp: forConnections },
    needs: ["retry", "wait"],
    brief: "wait about this long before the first retry, and twice as long before each next one",
    value: { placeholder: "<time>", read: duration },
  },
  wait: {
    unfit: { udp: forConnections },
    brief: "retry until it connects, for this long in all",
    ...settingNumber("establishTimeoutMs"),
  },
};

export interface RetryFlags {
  readonly retry?: number;
  readonly "retry-delay"?: number;
  readonly wait?: number;
}

export interface RetryPlan {
  readonly retry?: RetrySchedule;
  readonly establishTimeoutMs?: number;
}

/** --wait waits for a server that is starting, so it retries quickly. --retry leaves the server time to recover. */
const waiting = { firstDelayMs: 50, delayMsMax: 250 };
const retrying = { firstDelayMs: 1_000, delayMsMax: 30_000 };

/** Half of each delay is random, so `--retry-delay` is only approximate. */
const jitter = 0.5;

export function readRetryFlags({ retry, "retry-delay": delay, wait }: RetryFlags): RetryPlan {
  if (retry === undefined && wait === undefined) return {};
  const { firstDelayMs, delayMsMax } = wait === undefined ? retrying : waiting;
  const first = delay ?? firstDelayMs;
  const schedule = backoff({
    firstDelayMs: first,
    delayMsMax: Math.max(first, delayMsMax),
    maxAttempts: retry === undefined ? Infinity : retry + 1,
    jitter,
  });
  return { retry: schedule, ...(wait === undefined ? {} : { establishTimeoutMs: wait }) };
}
