/**
 * A clock that is set by hand: a deadline of a minute takes no time at all.
 */
import { callback, shown } from "../base/arguments.ts";
import type { Clock, Timer } from "../base/clock.ts";

interface FakeTimer {
  readonly dueMs: number;
  readonly fire: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  /** In the order in which they were set, which is the order in which those due together fire. */
  readonly #timers = new Set<FakeTimer>();

  now(): number {
    return this.#nowMs;
  }

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

  /** How many timers are set; for leak checks. */
  get timers(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, `Infinity` if none is. */
  get nextDueMs(): number {
    let dueMs = Infinity;
    for (const timer of this.#timers) dueMs = Math.min(dueMs, timer.dueMs);
    return dueMs;
  }

  /** As after the process stood still: the time has passed, and only now does what was due fire. */
  jump(ms: number): void {
    duration("jump: ms", ms);
    this.#nowMs += ms;
    this.advance(0);
  }

  /** Moves on; every timer that is due by then fires at its own time, the earliest first. */
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

/** @throws {TypeError} unless it is a number of milliseconds, 0 or more; `Infinity` is one. */
function duration(argument: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new TypeError(`${argument}: ${shown(value)} is not a number of milliseconds, 0 or more`);
}
