/**
 * Work after the event loop has polled: input that is ready by then has been accepted, read or sent.
 *
 * A timer may fire after the process was blocked or suspended. Polling first reads the input that arrived
 * meanwhile, so that the peer is not blamed for the delay (F38).
 */

/** A timer that fires this much late indicates that the process was blocked or suspended. */
const lateMs = 20;

/** After such a delay, thousands of peers may have sent data. */
const veryLateMs = 1_000;

/** Calls `act` at once if its timer fired in time, else after the event loop has polled. */
export function afterPollIfLate(latenessMs: number, act: () => void): void {
  if (latenessMs < lateMs) act();
  else afterPoll(latenessMs, act);
}

/** Calls `act` after the event loop has polled: several times after a long delay, because one poll reads a limited amount. */
export function afterPoll(latenessMs: number, act: () => void): void {
  afterPolls(latenessMs < lateMs ? 1 : latenessMs < veryLateMs ? 2 : 48, act);
}

/** Calls `act` after the event loop has polled `polls` times. */
export function afterPolls(polls: number, act: () => void): void {
  let pollsLeft = polls;
  const polled = (): void => {
    if (--pollsLeft === 0) act();
    else setImmediate(polled);
  };
  setImmediate(polled);
}
