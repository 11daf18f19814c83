/**
 * A clock for a wait of which only that it ends matters: each is a turn of the event loop.
 */
import type { Clock } from "../../src/engine.ts";

export const hastyClock: Clock = {
  now: () => 0,
  after(_, fire) {
    const turn = setImmediate(fire);
    return {
      cancel() {
        clearImmediate(turn);
      },
    };
  },
};
