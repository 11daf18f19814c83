/**
 * Makes the standard streams blocking again.
 *
 * Node makes a pipe non-blocking, and so the same pipe in every process that has it. The next program of `(portcall
 * …; cat file) | less` would fail with EAGAIN. Node restores this when it exits, but not for a descriptor that was
 * closed and replaced, and not when a signal ends the process.
 */
export function makeBlocking(stream: unknown): void {
  // Node has a handle for a pipe or a terminal, but none for a file.
  const handle = Reflect.get(stream as object, "_handle") as
    | { setBlocking?(blocking: boolean): number }
    | null
    | undefined;
  handle?.setBlocking?.(true);
}
