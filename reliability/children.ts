/** Every process that the reliability suite has started, so that none outlives it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Tracks a child; resolves when it has ended, or could not be started. */
export async function watchOver(child: ChildProcess): Promise<void> {
  running.add(child);
  await once(child, "close").catch(() => undefined);
  running.delete(child);
}

/** A condition that callers wait for; each event wakes them to check it again. */
export class Waiting {
  #wakers: (() => void)[] = [];

  wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  /**
   * Resolves to what `look` finds, which is asked again whenever something has happened.
   *
   * @throws {Error} (rejects) what `look` throws; or that `what` did not come in two minutes.
   */
  async until<Found>(what: string, look: () => Found | undefined): Promise<Found> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake();
    }, patienceMs);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (late) throw new Error(`${patienceMs / 1_000} s, and not yet: ${what}`);
        await new Promise<void>((resolve) => this.#wakers.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A wait that takes longer is stuck. */
const patienceMs = 120_000;
