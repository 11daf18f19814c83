/**
 * Retries: repeats establishing a connection according to the schedule. The final error includes all
 * attempts.
 */
import { duration } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { NetError, type Attempt } from "../../base/errors.ts";
import { emit } from "../../base/events.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";

/** Maximum number of attempts in the error, the last ones: days of retries must not fill the memory. */
const attemptsMax = 1_000;

/** @param establish runs one attempt, which ends by the given time. */
export async function retryLoop<Result>(
  settings: ConnectSettings,
  establish: (untilMs: number) => Promise<Result>,
): Promise<Result> {
  const { clock, retry, signal, onEvent } = settings;
  const beganMs = clock.now();
  const untilMs = beganMs + settings.establishTimeoutMs;
  const attempts: Attempt[] = [];
  for (let tries = 1; ; tries++) {
    const tryBeganMs = clock.now() - beganMs;
    try {
      return await establish(untilMs);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      attempts.push(...error.attempts.map((one) => ({ ...one, startedMs: one.startedMs + tryBeganMs })));
      attempts.splice(0, attempts.length - attemptsMax);
      const elapsedMs = clock.now() - beganMs;
      const delayMs =
        error.code === "ERR_ABORTED" ? undefined : pauseOf(retry?.({ tries, elapsedMs, error }));
      const outOfTime = delayMs !== undefined && elapsedMs + delayMs >= settings.establishTimeoutMs;
      if (delayMs === undefined || outOfTime) {
        throw tries === 1 && !outOfTime ? error : afterAll(error, { tries, elapsedMs, attempts, outOfTime });
      }
      emit(onEvent, { type: "retryScheduled", atMs: clock.now(), tries, delayMs, error });
      if (!(await pause(delayMs, settings))) {
        throw new NetError({
          code: "ERR_ABORTED",
          stage: error.stage,
          address: error.address,
          happened: "aborted by the caller",
          option: "signal",
          attempts,
          cause: signal?.reason,
        });
      }
    }
  }
}

/** Validates the result of the schedule, which is the caller's function. */
function pauseOf(delayMs: number | undefined): number | undefined {
  return delayMs === undefined || delayMs === 0 ? delayMs : duration("retry", delayMs);
}

interface Tries {
  readonly tries: number;
  readonly elapsedMs: number;
  readonly attempts: readonly Attempt[];
  /** Whether another attempt would have followed, had there been time. */
  readonly outOfTime: boolean;
}

function afterAll(last: NetError, { tries, elapsedMs, attempts, outOfTime }: Tries): NetError {
  const { code, stage, address } = last;
  const ms = Math.round(elapsedMs);
  return new NetError({
    code,
    stage,
    address,
    happened: tries === 1 ? last.happened : `${tries} attempts in ${ms} ms, the last one: ${last.happened}`,
    option: last.option ?? (outOfTime ? "establishTimeoutMs" : undefined),
    attempts,
    cause: last,
  });
}

/** Resolves to `true` after the delay, or to `false` when the signal fires. */
function pause(delayMs: number, { clock, signal }: ConnectSettings): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (passed: boolean) => (): void => {
      timer.cancel();
      stopListening?.();
      resolve(passed);
    };
    // Keeps the process alive: the caller awaits the next attempt, and no socket is open meanwhile.
    const timer = clock.after(delayMs, end(true), true);
    const stopListening = signal && onAbort(signal, end(false));
  });
}
