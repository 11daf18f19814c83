/**
 * When to try again: schedules as pure functions, and the one list of failures that are
 * worth another try. Sets no timer; tries.ts does.
 */
import { callback, duration, limit, shown } from "../../base/arguments.ts";
import { NetError, type ErrorCode, type KnownErrorCode } from "../../base/errors.ts";
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import { systemCodeOf } from "../../base/system-codes.ts";

/** What a schedule decides by. */
export interface FailedAttempt {
  /** How many have failed, this one with them. */
  readonly tries: number;
  /** Since the first began. */
  readonly elapsedMs: number;
  readonly error: NetError;
}

/** Says how many milliseconds to wait before the next try; `undefined` to give up. */
export type RetrySchedule = (failed: FailedAttempt) => number | undefined;

/** Options of `backoff`. */
export interface BackoffOptions {
  /** Before the second try; 250 unless given. */
  readonly firstDelayMs?: number | undefined;
  /** What each delay is multiplied by for the next; 2 unless given, 1 for always the same. */
  readonly factor?: number | undefined;
  /** No delay is longer; 30 000 unless given. */
  readonly delayMsMax?: number | undefined;
  /** Tries in all, the first with them; without end unless given. */
  readonly triesMax?: number | undefined;
  /**
   * Which part of each delay is left to chance, from 0 to 1; 1 unless given: anything
   * from no delay to all of it, so that many who lost one server do not come back as
   * one.
   */
  readonly jitter?: number | undefined;
  /** Gives numbers from 0 up to 1; `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
  /** Which failures are worth another try; `isRetryable` unless given. */
  readonly retries?: ((error: NetError) => boolean) | undefined;
}

const optionChecks: OptionChecks<BackoffOptions> = {
  firstDelayMs: true,
  factor: true,
  delayMsMax: true,
  triesMax: true,
  jitter: true,
  random: callback,
  retries: callback,
};

/**
 * Exponential back-off with jitter, for `retry` of `connect`. Keeps no state, so one
 * schedule serves any number of connections.
 *
 * @throws {TypeError} naming the option, its value and what it should be.
 * @example
 * const connection = await connect("localhost:8888", { retry: backoff({ triesMax: 5 }) });
 */
export function backoff(options: BackoffOptions = {}): RetrySchedule {
  checkOptions("backoff", options, optionChecks);
  const firstDelayMs = duration("firstDelayMs", options.firstDelayMs ?? 250);
  const delayMsMax = duration("delayMsMax", options.delayMsMax ?? 30_000);
  const triesMax = limit("triesMax", options.triesMax ?? Infinity);
  const { factor = 2, jitter = 1, random = Math.random, retries = isRetryable } = options;
  if (!(typeof factor === "number" && factor >= 1 && factor < Infinity))
    throw new TypeError(`factor: ${shown(factor)} is not a number of 1 or more`);
  if (!(typeof jitter === "number" && jitter >= 0 && jitter <= 1))
    throw new TypeError(`jitter: ${shown(jitter)} is not a number from 0 to 1`);
  return ({ tries, error }) => {
    if (tries >= triesMax || !retries(error)) return undefined;
    const delayMs = Math.min(firstDelayMs * factor ** (tries - 1), delayMsMax);
    return delayMs * (1 - jitter * random());
  };
}

/**
 * What may have passed by the next try, of the library's own codes; the table of the system's says it of those. Left out is what only a person can mend: a wrong
 * password, a forbidden address, a proxy that is none. A name that does not exist is in:
 * that of a container does not until it starts.
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
  "ERR_HANDSHAKE_TIMEOUT",
]);

/** Whether a failure to connect may pass by itself: refused, silent, unreachable, not found; [errors](../../docs/reference/errors.md) marks them. */
export function isRetryable(error: NetError): boolean {
  if (!(error instanceof NetError)) {
    throw new TypeError(`isRetryable: error: ${shown(error)} is not a NetError`);
  }
  // Of the proxy we know by what it failed; a local address that is not ours stays so.
  if (error.code === "ERR_PROXY_UNREACHABLE" && error.cause instanceof NetError) {
    return isRetryable(error.cause);
  }
  const mayPass = systemCodeOf(error.code, error)?.mayPass ?? passing.has(error.code);
  return mayPass && error.option !== "from";
}
