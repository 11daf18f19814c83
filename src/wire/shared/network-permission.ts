/**
 * Node's permission model (`node --permission`), as far as it is about the network.
 *
 * Asked before each call: node:net throws the refusal of `listen` where nobody can catch it, and the addon does not ask
 * Node at all.
 */
import { WireError } from "../wire-error.ts";

/** What of `process` is used. Up to Node 24, the model does not cover the network and there is no such option. */
interface PermittedProcess {
  readonly permission?: { has(scope: string): boolean };
  readonly allowedNodeEnvironmentFlags: { has(option: string): boolean };
}

/** A rejection with `ERR_ACCESS_DENIED`, where this process has no permission to use the network. */
export function networkDenied(stage: "connect" | "bind" | "listen"): Promise<never> | undefined {
  const { process } = globalThis as { readonly process?: PermittedProcess };
  if (process?.permission === undefined) return undefined;
  if (!process.allowedNodeEnvironmentFlags.has("--allow-net") || process.permission.has("net"))
    return undefined;
  return Promise.reject(new WireError("ERR_ACCESS_DENIED", stage));
}
