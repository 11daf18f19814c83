/**
 * SIGINT and SIGTERM: once asks to finish, twice ends at once (F104).
 */
import { exitCodes } from "./exit.ts";

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
