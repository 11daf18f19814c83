/**
 * The deadline of a datagram socket: how long its peers may be silent while somebody
 * waits for them. The time that a reader takes for itself does not count.
 */
import type { Clock } from "../../base/clock.ts";
import { TimerHeap, type HeapTimer } from "../timing/timer-heap.ts";

export class IdleWatch implements HeapTimer {
  // Kept by Deadlines.
  slot: number = -1;
  askAtMs: number = Infinity;

  readonly #deadlines: TimerHeap;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #act: () => void;
  /** Silence that was waited out before the wait that goes on. */
  #silentMs = 0;
  /** Since when somebody waits. */
  #sinceMs: number | undefined;

  constructor(clock: Clock, timeoutMs: number, act: () => void) {
    this.#deadlines = new TimerHeap(clock);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#act = act;
  }

  /** Somebody has been heard. */
  heard(): void {
    this.#silentMs = 0;
    if (this.#sinceMs !== undefined) this.#sinceMs = this.#clock.now();
  }

  /** Somebody waits, or waits no more. */
  await(awaited: boolean): void {
    if (this.#timeoutMs === Infinity) return;
    const now = this.#clock.now();
    if (!awaited) {
      this.#silentMs += now - (this.#sinceMs ?? now);
      this.#sinceMs = undefined;
      return;
    }
    this.#sinceMs = now;
    this.#deadlines.noLaterThan(this, this.#dueMs(now));
  }

  stop(): void {
    this.#deadlines.remove(this);
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
