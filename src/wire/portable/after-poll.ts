/**
 * Calls back when this thread's event loop has polled: whatever was ready by now has
 * been accepted, read or sent. Twice, in case the first poll had more to do than
 * one poll does.
 */
export function afterPoll(then: () => void): void {
  setImmediate(() => {
    setImmediate(then);
  });
}
