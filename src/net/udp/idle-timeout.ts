/**
 * The idle timeout of a datagram socket: how long its peers may be silent while a read waits. Time between
 * reads does not count.
 */
import type { Clock } from "../../base/clock.ts";
import { TimerHeap, type HeapTimer } from "../timing/timer-heap.ts";

export class IdleTimeout implements HeapTimer {
  // Maintained by `TimerHeap`.
  slot: number = -1;
  askAtMs: number = Infinity;

  readonly #timers: TimerHeap;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #act: () => void;
  /** Silence counted in earlier reads, before the read that waits now. */
  #silentMs = 0;
  /** The time at which the current read began to wait. */
  #sinceMs: number | undefined;

  constructor(clock: Clock, timeoutMs: number, act: () => void) {
    this.#timers = new TimerHeap(clock);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#act = act;
  }

  /** Call this for each datagram: the idle time starts again. */
  active(): void {
    this.#silentMs = 0;
    if (this.#sinceMs !== undefined) this.#sinceMs = this.#clock.now();
  }

  /** Sets whether a read waits. */
  setWaiting(waiting: boolean): void {
    if (this.#timeoutMs === Infinity) return;
    const now = this.#clock.now();
    if (!waiting) {
      this.#silentMs += now - (this.#sinceMs ?? now);
      this.#sinceMs = undefined;
      return;
    }
    this.#sinceMs = now;
    this.#timers.noLaterThan(this, this.#dueMs(now));
  }

  stop(): void {
    this.#timers.remove(this);
  }

  reached(nowMs: number): number {
    if (this.#sinceMs === undefined) return Infinity;
    const dueMs = this.#dueMs(this.#sinceMs);
    if (dueMs > nowMs) return dueMs;
    this.#act();
    return Infinity;
  }

  #dueMs(sinceMs: number): number {
    return sinceMs + this.#timeoutMs - this.#silentMs;
  }
}
