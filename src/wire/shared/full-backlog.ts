/**
 * Waits for room in the backlog of a Unix socket.
 *
 * A connect to a TCP server whose backlog is full waits in the kernel. For a Unix socket, connect(2) waits only on a
 * blocking socket. On a non-blocking one it fails with EAGAIN, and no event reports when there is room. So the
 * attempt is repeated until there is room, or until the signal aborts it.
 */
import { onAbort } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { WireError } from "../wire-error.ts";

const delayMs = { first: 1, most: 20 } as const;

export async function waitWhileFull<Connected>(
  attempt: () => Promise<Connected>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Connected> {
  for (let nextMs: number = delayMs.first; ; nextMs = Math.min(2 * nextMs, delayMs.most)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== "EAGAIN") throw error;
    }
    await pauseUnlessAborted(clock, nextMs, signal);
  }
}

function pauseUnlessAborted(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = clock.after(
      durationMs,
      () => {
        stopListening();
        resolve();
      },
      true,
    );
    const stopListening = onAbort(signal, aborted);
    if (signal.aborted) aborted();
  });
}
