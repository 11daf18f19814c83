/**
 * Errors of the addon's calls.
 */
import { errnoName } from "../errno-name.ts";
import { WireError } from "../wire-error.ts";

/** Why a call failed, from the errno that the addon gave, below 0 or above. */
export function systemError(errno: number, during: WireError["during"]): WireError {
  return new WireError(errnoName(errno), during);
}
