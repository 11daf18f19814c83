/**
 * Whether this process is a worker of node:cluster, as in pm2's cluster mode. There, node:net and node:dgram have the
 * primary bind, so that the workers share one address. A socket that the addon binds is the worker's alone.
 */
// Not by its name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";

let isWorker: boolean | undefined;

export function isClusterWorker(): boolean {
  return (isWorker ??= findOut());
}

function findOut(): boolean {
  const requireFrom = nodeModule.createRequire("/");
  const { send } = requireFrom("node:process") as { readonly send?: unknown };
  // Every worker has a channel to its primary, and few other processes have one: they need not load node:cluster.
  return (
    typeof send === "function" && (requireFrom("node:cluster") as { readonly isWorker: boolean }).isWorker
  );
}
