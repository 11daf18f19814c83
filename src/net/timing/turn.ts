/**
 * The budget of one turn of the event loop for messages that are ready.
 *
 * A resolved promise continues in a microtask, and the event loop waits until the last microtask has run. A loop over
 * ready messages would block it for as long as a peer keeps them ready: one read of 128 KiB of empty lines is 131 072
 * messages. So the connections of a thread share a budget of steps and of time per turn. A connection takes a few steps
 * and then asks for more. When the budget is used up, all connections queue for the next turn, first in, first out.
 *
 * A step is one ready message, one awaited write, or one `trySend`; a long one costs another step per 4 KiB. A short
 * message that a read has waited for is free of charge: that read has left the turn anyway.
 */
import type { Clock } from "../../base/clock.ts";

/** Steps that a connection takes before it asks for more: few, because many connections may take them. */
const stepsAtOnce = 16;
/** A message or a write costs one step, and another for each this many bytes. */
const stepBytes = 4_096;
/** Steps of all connections per turn: a few milliseconds if a step is short. */
const stepsMax = 2_048;
/** Time per turn, if steps are longer. */
const timeMaxMs = 4;
/** Steps before an immediate is set, in one turn or over many, because an immediate has a cost. */
const stepsUnwatched = 256;

export function stepsOf(bytes: number): number {
  return 1 + Math.floor(bytes / stepBytes);
}

/** A connection that waits for the next turn. */
export interface TurnWaiter {
  /** Called when its turn has come. */
  takeTurn(): void;
}

export class Turn {
  /** Steps that a connection may take before it asks for more; 0 when the budget is used up. */
  stepsAtOnce: number = stepsAtOnce;
  readonly #clock: Clock;
  #queue: TurnWaiter[] = [];
  /** Index of the next entry; those before it have been served. */
  #first = 0;
  #steps = 0;
  /** Whether an immediate is set that ends the turn. */
  #watched = false;
  #startedAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a connection that has taken this many steps may take another `stepsAtOnce`. */
  hasRoomFor(steps: number): boolean {
    // Connections that already wait come first.
    if (this.#queue.length > 0) return false;
    return this.charge(steps);
  }

  /** Counts steps taken at once; returns whether the budget has more. */
  charge(steps: number): boolean {
    this.#steps += steps;
    if (this.#watched) return this.#lasts();
    if (this.#steps < stepsUnwatched) return true;
    this.#watch();
    return this.#lasts();
  }

  /** Calls `takeTurn` in the next turn, or later if the queue is long. */
  wait(connection: TurnWaiter): void {
    this.#queue.push(connection);
    if (!this.#watched) this.#watch();
  }

  #watch(): void {
    this.#watched = true;
    this.#startedAtMs = this.#clock.now();
    setImmediate(this.#next);
  }

  #lasts(): boolean {
    if (this.#steps < stepsMax && this.#clock.now() - this.#startedAtMs < timeMaxMs) return true;
    this.stepsAtOnce = 0;
    return false;
  }

  readonly #next = (): void => {
    this.#watched = false;
    this.#steps = 0;
    this.stepsAtOnce = stepsAtOnce;
    if (this.#queue.length === 0) return;
    this.#watch();
    this.#steps = stepsAtOnce;
    this.#serveFirst();
  };

  /** Serves one at a time: its work runs in microtasks, and counts before the next one is served. */
  readonly #serve = (): void => {
    if (this.charge(stepsAtOnce)) {
      this.#serveFirst();
    } else {
      this.#queue.splice(0, this.#first);
      this.#first = 0;
    }
  };

  #serveFirst(): void {
    const next = this.#queue[this.#first++] as TurnWaiter;
    const wasLast = this.#first === this.#queue.length;
    if (wasLast) {
      this.#queue = [];
      this.#first = 0;
    }
    next.takeTurn();
    if (!wasLast) queueMicrotask(this.#serve);
  }
}

const turns = new WeakMap<Clock, Turn>();

/** The budget shared by everything with this clock: a thread has one event loop, and usually one clock. */
export function turnOf(clock: Clock): Turn {
  let turn = turns.get(clock);
  if (turn === undefined) turns.set(clock, (turn = new Turn(clock)));
  return turn;
}
