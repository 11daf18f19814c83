/**
 * The timeouts of all connections of one server, or of one client connection, behind a single timer.
 *
 * Every received byte postpones a connection's timeouts, and resetting a timer each time would cost more
 * than the byte. So an entry keeps its position while its due time moves later. When the old time is
 * reached, the entry is asked for its new one. Entries are in a binary heap, ordered by the time at which
 * they are asked.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import { afterPollIfLate } from "../../base/after-poll.ts";

export interface HeapTimer {
  /**
   * Called when its time is reached. Acts if a timeout is due, and returns the time at which to call it
   * again, or `Infinity`.
   */
  reached(nowMs: number): number;
  /** Its index in the heap, -1 outside it, and its time there; maintained by `TimerHeap`. */
  slot: number;
  askAtMs: number;
}

/** Fires at most this many entries per turn, so that the event loop is not blocked: closing takes time (F9). */
const askedInTurnMax = 16;

export class TimerHeap {
  readonly #clock: Clock;
  readonly #heap: HeapTimer[] = [];
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  /** When that timer fires, in whole milliseconds. */
  #timerDueMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of entries, for leak checks. */
  get size(): number {
    return this.#heap.length;
  }

  /** Ensures that `deadline` is asked at `atMs` or earlier; `Infinity` does nothing. */
  noLaterThan(deadline: HeapTimer, atMs: number): void {
    if (atMs === Infinity) return;
    if (deadline.slot === -1) {
      deadline.slot = this.#heap.length;
      this.#heap.push(deadline);
    } else if (deadline.askAtMs <= atMs) {
      return;
    }
    deadline.askAtMs = atMs;
    this.#rise(deadline.slot);
    this.#setTimer();
  }

  /** Removes an entry; it is not called again. */
  remove(deadline: HeapTimer): void {
    const { slot } = deadline;
    if (slot === -1) return;
    deadline.slot = -1;
    const last = this.#heap.pop() as HeapTimer;
    if (last !== deadline) {
      this.#put(slot, last);
      this.#rise(slot);
      this.#sink(last.slot);
    }
    this.#setTimer();
  }

  #ask(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    const now = this.#clock.now();
    for (let asked = 0; asked < askedInTurnMax; asked++) {
      const first = this.#heap[0];
      if (first === undefined || first.askAtMs > now) break;
      this.remove(first);
      this.noLaterThan(first, first.reached(now));
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const atMs = this.#heap[0]?.askAtMs ?? Infinity;
    // An early timer costs one check; cancelling and setting it again for every message costs much more.
    if (this.#timer !== undefined && this.#timerAtMs <= atMs && atMs !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Infinity) return;
    // Timers count whole milliseconds.
    const now = this.#clock.now();
    const delayMs = Math.max(Math.ceil(atMs - now), 1);
    this.#timerDueMs = now + delayMs;
    this.#timer = this.#clock.after(delayMs, () => {
      afterPollIfLate(this.#clock.now() - this.#timerDueMs, () => {
        this.#ask();
      });
    });
  }

  #put(slot: number, deadline: HeapTimer): void {
    this.#heap[slot] = deadline;
    deadline.slot = slot;
  }

  #rise(from: number): void {
    let slot = from;
    const rising = this.#heap[slot];
    if (rising === undefined) return;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.#heap[above] as HeapTimer;
      if (parent.askAtMs <= rising.askAtMs) break;
      this.#put(slot, parent);
      slot = above;
    }
    this.#put(slot, rising);
  }

  #sink(from: number): void {
    let slot = from;
    const sinking = this.#heap[slot];
    if (sinking === undefined) return;
    for (;;) {
      let below = 2 * slot + 1;
      const left = this.#heap[below];
      if (left === undefined) break;
      const right = this.#heap[below + 1];
      if (right !== undefined && right.askAtMs < left.askAtMs) below++;
      const child = this.#heap[below] as HeapTimer;
      if (child.askAtMs >= sinking.askAtMs) break;
      this.#put(slot, child);
      slot = below;
    }
    this.#put(slot, sinking);
  }
}
