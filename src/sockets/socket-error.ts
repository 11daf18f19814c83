/** `SocketError`, the one error of the WinterTC Sockets API. */

/**
 * Why a socket failed, or why it refuses a call. The message begins with `SocketError: `, as the standard says. `cause` is
 * the `NetError` that says more, if the network failed.
 */
export class SocketError extends TypeError {
  /** The code of the cause, such as `ECONNREFUSED`; `undefined` if the call itself was wrong. */
  readonly code: string | undefined;

  /** Adds the prefix to the message. */
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(`SocketError: ${message}`, options);
    this.code = codeOf(options.cause);
  }
}

/** A failure as a `SocketError`. Wrong chunks and options stay the `TypeError` that they are. */
export function asSocketError(error: unknown): TypeError {
  if (error instanceof TypeError) return error;
  return new SocketError(error instanceof Error ? error.message : String(error), { cause: error });
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : undefined;
}
