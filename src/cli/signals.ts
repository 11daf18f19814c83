/**
 * SIGINT and SIGTERM: once asks to finish, twice ends at once (F104).
 */
import { exitCodes } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Calls `asked` at the first signal; the second ends the process with 130. Returns how to stop listening. */
export function onInterrupt(asked: () => void): () => void {
  let count = 0;
  const interrupted = (): void => {
    count++;
    if (count > 1) process.exit(exitCodes.interrupted.code);
    asked();
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  return () => {
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  };
}

/** Says what a server waits for after the first signal. */
export function sayStopping(terminal: Terminal, connections: number): void {
  if (connections === 0) return;
  terminal.say(`stopping: ${connections} connected, waiting for them to leave; Ctrl-C again ends at once`);
}
