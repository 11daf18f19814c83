/**
 * Retry schedules as pure functions, and the list of failures that are worth a retry. Timers are in
 * client/retry-loop.ts.
 */
import { callback, duration, limit, shown } from "../../base/arguments.ts";
import { NetError, type ErrorCode, type KnownErrorCode } from "../../base/errors.ts";
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import { systemCodeOf } from "../../base/system-codes.ts";

/** What a `RetrySchedule` decides on: the attempt that failed. */
export interface FailedAttempt {
  /** Number of failed attempts, including this one. */
  readonly tries: number;
  /** Time since the first attempt began, in milliseconds. */
  readonly elapsedMs: number;
  /** Why it failed. */
  readonly error: NetError;
}

/** Returns the delay before the next attempt in milliseconds, or `undefined` to give up. */
export type RetrySchedule = (failed: FailedAttempt) => number | undefined;

/** Options of `backoff`. */
export interface BackoffOptions {
  /** Delay before the second attempt. Default: 250. */
  readonly firstDelayMs?: number | undefined;
  /** Factor from each delay to the next. Default: 2; 1 keeps the delay constant. */
  readonly factor?: number | undefined;
  /** Maximum delay. Default: 30 000. */
  readonly delayMsMax?: number | undefined;
  /** Maximum number of attempts, including the first. Default: no limit. */
  readonly maxAttempts?: number | undefined;
  /**
   * The random part of each delay, from 0 to 1. Default: 1, which chooses from no delay to all of it, so that clients
   * that lost a server do not reconnect all at once.
   */
  readonly jitter?: number | undefined;
  /** Returns random numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Whether a failure is worth a retry. Default: `isRetryable`. */
  readonly shouldRetry?: ((error: NetError) => boolean) | undefined;
}

const optionChecks: OptionChecks<BackoffOptions> = {
  firstDelayMs: true,
  factor: true,
  delayMsMax: true,
  maxAttempts: true,
  jitter: true,
  random: callback,
  shouldRetry: callback,
};

/**
 * Exponential backoff with jitter, for `retry` of `connect`. Stateless, so one schedule serves any number
 * of connections.
 *
 * @throws {TypeError} with the option, its value and what is expected.
 * @example
 * const connection = await connect("localhost:8888", { retry: backoff({ maxAttempts: 5 }) });
 */
export function backoff(options: BackoffOptions = {}): RetrySchedule {
  checkOptions("backoff", options, optionChecks);
  const firstDelayMs = duration("firstDelayMs", options.firstDelayMs ?? 250);
  const delayMsMax = duration("delayMsMax", options.delayMsMax ?? 30_000);
  const maxAttempts = limit("maxAttempts", options.maxAttempts ?? Infinity);
  const { factor = 2, jitter = 1, random = Math.random, shouldRetry = isRetryable } = options;
  if (!(typeof factor === "number" && factor >= 1 && factor < Infinity))
    throw new TypeError(`factor: ${shown(factor)} is not a number of 1 or more`);
  if (!(typeof jitter === "number" && jitter >= 0 && jitter <= 1))
    throw new TypeError(`jitter: ${shown(jitter)} is not a number from 0 to 1`);
  return ({ tries, error }) => {
    if (tries >= maxAttempts || !shouldRetry(error)) return undefined;
    const delayMs = Math.min(firstDelayMs * factor ** (tries - 1), delayMsMax);
    return delayMs * (1 - jitter * random());
  };
}

/**
 * The library's own codes for failures that may be temporary; the table of system codes marks its own. Excluded are
 * failures that need human action: a wrong password, a forbidden address, a host that is not a proxy. A name that does
 * not exist is included: the name of a container exists only once it has started.
 */
const passing: ReadonlySet<ErrorCode> = new Set<KnownErrorCode>([
  "ENOTFOUND",
  "ESERVFAIL",
  "EAI_AGAIN",
  "ERR_RESOLVE_TIMEOUT",
  "ERR_SELF_CONNECTED",
  "ERR_CONNECT_TIMEOUT",
  "ERR_TARGET_REFUSED",
  "ERR_TARGET_UNREACHABLE",
  "ERR_PROXY_TIMEOUT",
  "ERR_STARTTLS_TIMEOUT",
]);

/**
 * Whether a failure to connect may be temporary, such as a refused connection, a timeout, an unreachable host or an
 * unknown name; the [errors](../../docs/reference/errors.md) page marks them.
 */
export function isRetryable(error: NetError): boolean {
  if (!(error instanceof NetError)) {
    throw new TypeError(`isRetryable: error: ${shown(error)} is not a NetError`);
  }
  // The cause decides for the proxy. An address that this machine does not have stays invalid.
  if (error.code === "ERR_PROXY_UNREACHABLE" && error.cause instanceof NetError) {
    return isRetryable(error.cause);
  }
  const known = systemCodeOf(error.code, error);
  const mayPass = known === undefined ? passing.has(error.code) : known.mayPass === true;
  return mayPass && error.option !== "localAddress";
}
