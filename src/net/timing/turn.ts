/**
 * What one turn of the event loop may spend on messages that are ready.
 *
 * A promise that has resolved goes on in a microtask, and the event loop stands still until the last microtask has run.
 * A loop over messages that are ready would hold it for as long as a peer can keep them ready: one read of 128 KiB of
 * empty lines is 131 072 messages. So the connections of a thread share a budget of steps and of time for each turn. A
 * connection takes a few steps, then asks for more. When the budget is used up, everybody waits in line for the next turn,
 * which serves the line in the order of arrival.
 *
 * A step is one message that was ready, one awaited write, or one `trySend`; a long one is a step more for each
 * 4 KiB. A short message that a read has waited for costs nothing here: the read leaves the turn by itself.
 */
import type { Clock } from "../../base/clock.ts";

/** Steps that a connection takes before it asks for more: few, as each of many connections may take them. */
const stepsAtOnce = 16;
/** A message or a write counts as one step, and as one more for each so many bytes. */
const stepBytes = 4_096;
/** Steps of all connections in one turn: some milliseconds, where a step does little. */
const stepsMax = 2_048;
/** The time for it, where a step does more. */
const timeMaxMs = 4;
/** An immediate is set when so many steps have been taken since the last one, in one turn or in many: it has a price. */
const stepsUnwatched = 256;

export function stepsOf(bytes: number): number {
  return 1 + Math.floor(bytes / stepBytes);
}

/** A connection that waits for the next turn. */
export interface InLine {
  /** Its turn has come. */
  goOn(): void;
}

export class Turn {
  /** Steps that a connection may take before it asks for more; 0 when the turn is used up. */
  stepsAtOnce: number = stepsAtOnce;
  readonly #clock: Clock;
  #line: InLine[] = [];
  /** Those in front of it have been served. */
  #first = 0;
  #steps = 0;
  /** The turn ends in an immediate that is set. */
  #watched = false;
  #startedAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a connection that has taken so many steps may take as many again as `stepsAtOnce` says. */
  goesOn(steps: number): boolean {
    // First those who have waited.
    if (this.#line.length > 0) return false;
    return this.charge(steps);
  }

  /** Counts steps that were taken all at once; returns whether there may be more in this turn. */
  charge(steps: number): boolean {
    this.#steps += steps;
    if (this.#watched) return this.#lasts();
    if (this.#steps < stepsUnwatched) return true;
    this.#watch();
    return this.#lasts();
  }

  /** Calls `goOn` in the next turn, or later if the line is long. */
  wait(connection: InLine): void {
    this.#line.push(connection);
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
    if (this.#line.length === 0) return;
    this.#watch();
    this.#steps = stepsAtOnce;
    this.#serveFirst();
  };

  /** One at a time: what each of them does runs in microtasks, and counts before the next has its turn. */
  readonly #serve = (): void => {
    if (this.charge(stepsAtOnce)) {
      this.#serveFirst();
    } else {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
  };

  #serveFirst(): void {
    const next = this.#line[this.#first++] as InLine;
    const wasLast = this.#first === this.#line.length;
    if (wasLast) {
      this.#line = [];
      this.#first = 0;
    }
    next.goOn();
    if (!wasLast) queueMicrotask(this.#serve);
  }
}

const turns = new WeakMap<Clock, Turn>();

/** The turn that everything with this clock shares: a thread has one event loop, and mostly one clock. */
export function turnOf(clock: Clock): Turn {
  let turn = turns.get(clock);
  if (turn === undefined) turns.set(clock, (turn = new Turn(clock)));
  return turn;
}
