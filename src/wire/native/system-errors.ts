/**
 * Errors of the addon's calls.
 */
import { errnoName } from "../shared/errno-name.ts";
import { WireError } from "../wire-error.ts";

/**
 * Why a call failed, from the errno that the addon gave, below 0 or above. It has no stack: that would show the
 * engine's own frames alone, and to capture it costs more than all else of an attempt that is refused.
 */
export function systemError(errno: number, during: WireError["during"]): WireError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new WireError(errnoName(errno), during);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
