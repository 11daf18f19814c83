/**
 * Node's permission model (`node --permission`) for the network.
 *
 * Checked before each call. node:net throws the refusal of `listen` where it cannot be caught, and the addon does not
 * ask Node at all.
 */
import { WireError } from "../wire-error.ts";

/**
 * The part of `process` that is used. Up to Node 24 the model does not cover the network, and the option is missing.
 */
interface PermittedProcess {
  readonly permission?: { has(scope: string): boolean };
  readonly allowedNodeEnvironmentFlags: { has(option: string): boolean };
}

/** A rejection with `ERR_ACCESS_DENIED` if this process may not use the network. */
export function networkDenied(stage: "connect" | "bind" | "listen"): Promise<never> | undefined {
  const { process } = globalThis as { readonly process?: PermittedProcess };
  if (process?.permission === undefined) return undefined;
  if (!process.allowedNodeEnvironmentFlags.has("--allow-net") || process.permission.has("net"))
    return undefined;
  return Promise.reject(new WireError("ERR_ACCESS_DENIED", stage));
}
