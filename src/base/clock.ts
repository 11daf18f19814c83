/**
 * Time as an argument: code that waits takes a `Clock`, so that the test of a 60 s timeout takes a
 * millisecond.
 */

/** A timer that has been set. */
export interface Timer {
  /** Cancels the timer. Does nothing if it has already fired. */
  cancel(): void;
}

/** A source of time. */
export interface Clock {
  /** Monotonic time in milliseconds; changes of the wall clock do not affect it. */
  now(): number;
  /**
   * Calls `fire` once after `delayMs`, or never for `Infinity`. The timer keeps the process alive only
   * if `keepsAlive` is true.
   */
  after(delayMs: number, fire: () => void, keepsAlive?: boolean): Timer;
}

/** The longest delay of a Node timer: a longer one would fire at once. */
const timerMsMax = 0x7fffffff;

/** The system's monotonic clock and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, fire, keepsAlive = false) {
    let leftMs = delayMs;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const partMs = Math.min(leftMs, timerMsMax);
      leftMs -= partMs;
      timer = setTimeout(leftMs > 0 ? wait : fire, partMs);
      if (!keepsAlive) timer.unref();
    };
    wait();
    return {
      cancel() {
        clearTimeout(timer);
      },
    };
  },
};

/** Resolves after `durationMs`; `keepsAlive` is as in `Clock.after`. */
export function pause(clock: Clock, durationMs: number, keepsAlive = false): Promise<void> {
  return new Promise((resolve) => {
    clock.after(durationMs, resolve, keepsAlive);
  });
}
