/** A network in memory with a fake clock: wait until all activity has settled, then let time pass. */
import { checkOptions } from "../base/option-checks.ts";
import { createMemoryEngine, type Engine, type MemoryEngineOptions } from "../wire/index.ts";
import { FakeClock } from "./fake-clock.ts";

/** A network in memory, and its fake clock. */
export interface SimulatedNetwork {
  /** For the option `engine` of `connect` and `serve`. */
  readonly engine: Engine;
  /** For the option `clock` of `connect` and `serve`. */
  readonly clock: FakeClock;
  /** Resolves when every byte has arrived and every promise that follows from it is settled. */
  readonly settle: () => Promise<void>;
  /** Lets time pass. The effects of each timer settle before the next one fires. */
  readonly pass: (ms: number) => Promise<void>;
}

/**
 * Creates a network with a fake clock; the options are those of the memory engine.
 *
 * @example
 * const { engine, clock, pass } = simulateNetwork();
 * const connection = await connect("127.0.0.1:80", { engine, clock, idleTimeoutMs: 60_000 });
 * const reading = connection.read();
 * await pass(60_000); // the read fails with ERR_IDLE_TIMEOUT, at once
 */
export function simulateNetwork(
  options: Omit<MemoryEngineOptions, "clock" | "schedule"> = {},
): SimulatedNetwork {
  checkOptions("simulateNetwork", options, {
    capacityBytes: true,
    chunkBytesMax: true,
    route: true,
    descriptors: true,
    arrivals: true,
  });
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
    do await new Promise((turned) => void setImmediate(turned));
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
