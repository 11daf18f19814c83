/** A clock that you set by hand: a timeout of a minute takes no time. */
import { callback, shown } from "../base/arguments.ts";
import type { Clock, Timer } from "../base/clock.ts";

interface FakeTimer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that you set by hand: a timeout of a minute takes no time. It starts at 0. */
export class FakeClock implements Clock {
  #nowMs = 0;
  /** In the order of creation, which is the order in which timers due at the same time fire. */
  readonly #timers = new Set<FakeTimer>();

  /** The time, in milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  /** Calls `fire` once, when the clock has advanced by `delayMs` milliseconds. */
  after(delayMs: number, fire: () => void): Timer {
    duration("after: delayMs", delayMs);
    callback("after: fire", fire);
    const timer = { dueMs: this.#nowMs + delayMs, fire };
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
  }

  /** Number of pending timers, for leak checks. */
  get timers(): number {
    return this.#timers.size;
  }

  /** The time at which the next timer is due, or `Infinity` if there is none. */
  get nextDueMs(): number {
    let dueMs = Infinity;
    for (const timer of this.#timers) dueMs = Math.min(dueMs, timer.dueMs);
    return dueMs;
  }

  /** Simulates a suspended process: `ms` milliseconds pass first, and then all due timers fire. */
  jump(ms: number): void {
    duration("jump: ms", ms);
    this.#nowMs += ms;
    this.advance(0);
  }

  /** Advances the time by `ms` milliseconds. Every timer due by then fires at its own time, the earliest first. */
  advance(ms: number): void {
    duration("advance: ms", ms);
    const untilMs = this.#nowMs + ms;
    for (let dueMs = this.nextDueMs; dueMs <= untilMs; dueMs = this.nextDueMs) {
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      const due = [...this.#timers].find((timer) => timer.dueMs === dueMs) as FakeTimer;
      this.#timers.delete(due);
      due.fire();
    }
    this.#nowMs = untilMs;
  }
}

/** @throws {TypeError} unless it is a number of milliseconds of 0 or more; `Infinity` is allowed. */
function duration(argument: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new TypeError(`${argument}: ${shown(value)} is not a number of milliseconds, 0 or more`);
}
