/**
 * Runs functions when the process or the thread exits normally, `process.exit` included.
 */
// Not imported by name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";

const all = new Set<() => void>();

/** Calls `run` at exit. Call the returned function to cancel that. */
export function beforeExit(run: () => void): () => void {
  listen();
  all.add(run);
  return () => all.delete(run);
}

let isListening = false;

/** One listener for all, since Node warns about many. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  const system = nodeModule.createRequire("/")("node:process") as {
    once(event: "exit", run: () => void): void;
  };
  system.once("exit", () => {
    for (const run of all) run();
  });
}
