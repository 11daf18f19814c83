/**
 * A process that stood still has yet to read what came meanwhile: it does so before
 * anybody is blamed for silence (F38).
 */

/** A timer that comes so much too late says that the process stood still. */
const lateMs = 20;

/** Calls `act`: at once if its timer came in time, else when the event loop has polled. */
export function pollIfLate(latenessMs: number, act: () => void): void {
  if (latenessMs < lateMs) act();
  else pollFirst(latenessMs, act);
}

/** Calls `act` when the event loop has polled: after a long time twice, in case the first poll has more to do than one poll does. */
export function pollFirst(latenessMs: number, act: () => void): void {
  setImmediate(() => {
    if (latenessMs < lateMs) act();
    else setImmediate(act);
  });
}
