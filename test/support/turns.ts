/**
 * Waiting for what has no event of its own: the event loop turns until it is so.
 */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

/** More turns than anything on this machine takes; so that what never comes fails, and does not hang. */
const turnsMax = 10_000;

export async function turnsUntil(reached: () => boolean): Promise<void> {
  for (let turns = 0; !reached(); turns++) {
    assert.ok(turns < turnsMax, `it never came to be: ${reached.toString()}`);
    await turn();
  }
}

/** Counts what happens in one turn of the event loop, and keeps the greatest count. Stop it, or it keeps the process alive. */
export class TurnCounter {
  most = 0;
  #inTurn = 0;
  #stopped = false;

  constructor() {
    this.#begin();
  }

  took(count: number): void {
    this.#inTurn += count;
    this.most = Math.max(this.most, this.#inTurn);
  }

  stop(): void {
    this.#stopped = true;
  }

  #begin(): void {
    this.#inTurn = 0;
    if (!this.#stopped) setImmediate(() => this.#begin());
  }
}
