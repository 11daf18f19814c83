/**
 * The system's names for its numbers, as in `ECONNRESET` for 104.
 */
import { getSystemErrorName } from "node:util";
import { WireError } from "../wire-error.ts";

/** Why a call failed, from the errno that the addon gave, below 0 or above. */
export function systemError(errno: number, during: WireError["during"]): WireError {
  return new WireError(getSystemErrorName(-Math.abs(errno)), during);
}
