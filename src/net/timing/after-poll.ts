/**
 * A process that stood still has yet to read what came meanwhile: it does so before
 * anybody is blamed for silence (F38).
 */

/** A timer that comes so much too late says that the process stood still. */
const lateMs = 20;

/** Calls `act`: at once if its timer came in time, else when the event loop has polled. */
export function afterPollIfLate(latenessMs: number, act: () => void): void {
  if (latenessMs < lateMs) act();
  else afterPoll(latenessMs, act);
}

/** After so long, thousands of peers may have something to say. */
const veryLateMs = 1_000;

/**
 * Calls `act` when the event loop has polled: more often after a long time, as one turn reads only as much as it has
 * time for.
 */
export function afterPoll(latenessMs: number, act: () => void): void {
  let turnsLeft = latenessMs < lateMs ? 1 : latenessMs < veryLateMs ? 2 : 48;
  const polled = (): void => {
    if (--turnsLeft === 0) act();
    else setImmediate(polled);
  };
  setImmediate(polled);
}
