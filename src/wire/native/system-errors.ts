/**
 * Errors of the addon's calls.
 */
import { errnoName } from "../shared/errno-name.ts";
import { WireError } from "../wire-error.ts";

/**
 * The error for an errno of the addon, positive or negative. It has no stack: that would only show the engine, and
 * capturing it costs more than the rest of a refused attempt.
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
