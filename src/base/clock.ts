/**
 * Time as an argument: whoever waits for something is handed a `Clock`, so that
 * a test of a 60 s deadline takes a millisecond.
 */

/** A timer that has been set. */
export interface Timer {
  /** Unsets it; harmless when it has already fired. */
  cancel(): void;
}

/** Where the time comes from. */
export interface Clock {
  /** Monotonic time in milliseconds; never jumps when the wall clock is set. */
  now(): number;
  /**
   * Calls `fire` once, `delayMs` from now; never, for `Infinity`. Keeps the process alive
   * until then only if `keepsAlive` is set.
   */
  after(delayMs: number, fire: () => void, keepsAlive?: boolean): Timer;
}

/** The longest that Node's timers count: a longer one would fire at once. */
const timerMsMax = 0x7fffffff;

/** The machine's own time. */
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

/** Resolves after so long; `keepsAlive` is as in `Clock.after`. */
export function pause(clock: Clock, durationMs: number, keepsAlive = false): Promise<void> {
  return new Promise((resolve) => {
    clock.after(durationMs, resolve, keepsAlive);
  });
}
