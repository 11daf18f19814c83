/**
 * A signal for one stage of establishing: its deadline, or the caller's own signal,
 * whichever comes first; and which of the two it was.
 */
import { onAbort } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { newAbortController } from "./abort-controller.ts";
import { afterPoll } from "./after-poll.ts";

export interface DeadlineSignal {
  readonly signal: AbortSignal;
  /** Which of the two has ended the stage, if one has. */
  outcome(): "late" | "aborted" | undefined;
  /** The work, or a rejection as soon as the signal fires. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Lets go of the timer and of the caller's signal. */
  release(): void;
  /** The same, and aborts the signal: what is still under way is no longer needed. */
  cancel(): void;
}

/** @param spare controllers to take from, whose signals nobody watches any more; `release` returns one that did not fire. */
export function deadlineSignal(
  clock: Clock,
  delayMs: number,
  callerSignal: AbortSignal | undefined,
  spare?: AbortController[],
): DeadlineSignal {
  const controller = spare?.pop() ?? newAbortController();
  let outcome: "late" | "aborted" | undefined;
  const end = (how: "late" | "aborted"): void => {
    outcome ??= how;
    controller.abort();
  };
  const dueMs = clock.now() + delayMs;
  let released = false;
  // The answer may have come and not been read yet, however little our own loop lags.
  const timer = clock.after(delayMs, () => {
    afterPoll(clock.now() - dueMs, () => {
      if (!released) end("late");
    });
  });
  const aborted = (): void => end("aborted");
  if (callerSignal?.aborted === true) aborted();
  const stopListening = callerSignal && onAbort(callerSignal, aborted);
  const letGo = (): void => {
    released = true;
    timer.cancel();
    stopListening?.();
  };
  return {
    signal: controller.signal,
    outcome: () => outcome,
    race: (work) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(controller.signal.reason as Error);
        if (controller.signal.aborted) fail();
        work.then(resolve, reject).finally(onAbort(controller.signal, fail));
      }),
    release() {
      letGo();
      if (!controller.signal.aborted) spare?.push(controller);
    },
    cancel() {
      letGo();
      controller.abort();
    },
  };
}
