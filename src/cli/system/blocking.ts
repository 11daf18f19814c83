/**
 * Gives the standard streams back as blocking.
 *
 * Node makes a pipe non-blocking, and with it the same pipe in every other process that has
 * it: the next program of `(portcall …; cat file) | less` would fail with EAGAIN. Node
 * restores this when it exits, but not for a descriptor that has been closed and replaced,
 * and not when a signal ends the process.
 */
export function makeBlocking(stream: unknown): void {
  // Node's handle of a pipe or a terminal; a file has none.
  const handle = Reflect.get(stream as object, "_handle") as
    | { setBlocking?(blocking: boolean): number }
    | null
    | undefined;
  handle?.setBlocking?.(true);
}
