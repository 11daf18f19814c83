/**
 * Whether this process is a worker of node:cluster, as in pm2's cluster mode. There, node:net and node:dgram let the
 * primary bind, so that the workers share one address. A socket that the addon binds belongs to the worker alone.
 */
// Not imported by name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";

/** The part of `cluster.worker` that is used here. */
interface Worker {
  once(event: "disconnect", run: () => void): void;
}

let worker: Worker | "none" | undefined;

export function isClusterWorker(): boolean {
  return thisWorker() !== "none";
}

function thisWorker(): Worker | "none" {
  return (worker ??= findWorker());
}

function findWorker(): Worker | "none" {
  const requireFrom = nodeModule.createRequire("/");
  const { send } = requireFrom("node:process") as { readonly send?: unknown };
  // Every worker has a channel to its primary, and few other processes have one. Those need not load node:cluster.
  if (typeof send !== "function") return "none";
  const cluster = requireFrom("node:cluster") as { readonly isWorker: boolean; readonly worker?: Worker };
  return cluster.isWorker ? (cluster.worker ?? "none") : "none";
}

const atDisconnect = new Set<() => void>();

/**
 * Calls `run` when this worker disconnects from its primary. Call the returned function to cancel that. node:cluster
 * promises that all servers of the worker close then, but it knows only those that the primary has bound.
 */
export function onWorkerDisconnect(run: () => void): () => void {
  const current = thisWorker();
  if (current === "none") return () => undefined;
  atDisconnect.add(run);
  listen(current);
  return () => atDisconnect.delete(run);
}

let isListening = false;

/** Adds one listener for all, since Node warns about many. */
function listen(to: Worker): void {
  if (isListening) return;
  isListening = true;
  to.once("disconnect", () => {
    for (const run of atDisconnect) run();
  });
}
