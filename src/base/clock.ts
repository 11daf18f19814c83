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
  /** Calls `fire` once, `delayMs` from now. Keeps the process alive until then only if `keepsAlive` is set. */
  after(delayMs: number, fire: () => void, keepsAlive?: boolean): Timer;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, fire, keepsAlive = false) {
    const timer = setTimeout(fire, delayMs);
    if (!keepsAlive) timer.unref();
    return {
      cancel() {
        clearTimeout(timer);
      },
    };
  },
};
