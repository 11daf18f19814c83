/**
 * A network in memory with a clock of its own: one can wait until nothing moves any
 * more, and then let time pass.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Engine, MemoryEngineOptions } from "../../src/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { FakeClock } from "./fake-clock.ts";

export interface SimulatedNetwork {
  readonly engine: Engine;
  readonly clock: FakeClock;
  /** Resolves when every byte has arrived and every promise that follows from it is settled. */
  readonly settle: () => Promise<void>;
  /** Lets time pass; whatever a deadline sets off has settled before the next one is due. */
  readonly pass: (ms: number) => Promise<void>;
}

export function simulateNetwork(
  options: Omit<MemoryEngineOptions, "clock" | "schedule"> = {},
): SimulatedNetwork {
  const clock = new FakeClock();
  let tasks = 0;
  const engine = createMemoryEngine({
    ...options,
    clock,
    schedule(task) {
      tasks++;
      setImmediate(() => {
        tasks--;
        task();
      });
    },
  });

  async function settle(): Promise<void> {
    do await turn();
    while (tasks > 0);
  }

  return {
    engine,
    clock,
    settle,
    async pass(ms) {
      await settle();
      const untilMs = clock.now() + ms;
      while (clock.nextDueMs <= untilMs) {
        clock.advance(clock.nextDueMs - clock.now());
        await settle();
      }
      clock.advance(untilMs - clock.now());
    },
  };
}
