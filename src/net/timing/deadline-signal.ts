/**
 * A signal for one stage of connecting or listening. It fires at the stage's deadline or when the caller's
 * signal fires, whichever comes first, and `outcome` has which.
 */
import { onAbort } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { newAbortController } from "./abort-controller.ts";
import { afterPoll } from "../../base/after-poll.ts";

export interface DeadlineSignal {
  readonly signal: AbortSignal;
  /** Why the signal fired, if it has. */
  outcome(): "late" | "aborted" | undefined;
  /** The work, or a rejection as soon as the signal fires. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Removes the timer and the listener of the caller's signal. */
  release(): void;
  /** The same, and aborts the signal: work in progress is no longer needed. */
  cancel(): void;
}

/** @param spare reusable controllers; `release` returns the controller to it if its signal did not fire. */
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
  // The answer may have arrived but not been read yet, even if the event loop is not late.
  const timer = clock.after(delayMs, () => {
    afterPoll(clock.now() - dueMs, () => {
      if (!released) end("late");
    });
  });
  const aborted = (): void => end("aborted");
  if (callerSignal?.aborted === true) aborted();
  const stopListening = callerSignal && onAbort(callerSignal, aborted);
  const removeListeners = (): void => {
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
      removeListeners();
      if (!controller.signal.aborted) spare?.push(controller);
    },
    cancel() {
      removeListeners();
      controller.abort();
    },
  };
}
