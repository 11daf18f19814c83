/**
 * The error of engines.
 */
import { oneOf, text } from "../base/arguments.ts";

/** Why a wire or a listener failed, with the system's error code. */
export class WireError extends Error {
  static {
    this.prototype.name = "WireError";
  }
  /** The system's error name, as in `ECONNRESET`. */
  readonly code: string;
  /** The call or direction that failed. */
  readonly during: "connect" | "bind" | "listen" | "accept" | "receive" | "send";

  /**
   * For engines of your own.
   *
   * @param cause the error of the system or of Node, if there is one.
   */
  constructor(code: string, during: WireError["during"], cause?: unknown) {
    text("WireError: code", code);
    oneOf("WireError: during", during, ["connect", "bind", "listen", "accept", "receive", "send"]);
    super(`${during}: ${code}`, { cause });
    this.code = code;
    this.during = during;
  }
}
