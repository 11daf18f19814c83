/** Errors of the Direct Sockets API. */
import { NetError } from "../../base/errors.ts";

/** A failure of the network as a `NetworkError`. Wrong chunks and options stay the errors that they are. */
export function asNetworkError(error: unknown): Error {
  if (!(error instanceof NetError)) return error instanceof Error ? error : new Error(String(error));
  return new DOMException(error.message, { name: "NetworkError", cause: error });
}

export function invalidState(message: string): DOMException {
  return new DOMException(message, "InvalidStateError");
}
