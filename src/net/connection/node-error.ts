/** Errors as `net.Socket` reports them, for programs that inspect `code`, `errno` and `syscall`. */
import { constants } from "node:os";
import { NetError } from "../../base/errors.ts";

const systemCalls: Readonly<Partial<Record<NetError["stage"], string>>> = {
  connect: "connect",
  send: "write",
  receive: "read",
  resolve: "getaddrinfo",
};

/** An error of a stream, as Node's own sockets report it. */
export interface NodeError extends Error {
  code: string;
  errno?: number;
  syscall?: string;
  address?: string;
  port?: number;
  hostname?: string;
}

/**
 * Converts a system error, such as ECONNRESET, to the error of Node for it; the original is its `cause`. An error of
 * the library itself, such as a timeout, has no counterpart and is returned as it is.
 */
export function nodeError(error: unknown): Error {
  if (!(error instanceof NetError)) return error as Error;
  const syscall = systemCalls[error.stage];
  if (syscall === undefined || error.code.startsWith("ERR_")) return error;
  const { code, address } = error;
  const at = error.stage === "connect" || error.stage === "resolve" ? address : undefined;
  const converted = new Error(`${syscall} ${code}${at === undefined ? "" : ` ${at}`}`, {
    cause: error,
  }) as NodeError;
  const errno = (constants.errno as Readonly<Record<string, number>>)[code];
  if (errno !== undefined) converted.errno = -errno;
  converted.code = code;
  converted.syscall = syscall;
  if (at !== undefined) addTarget(converted, at, error.stage === "resolve");
  return converted;
}

function addTarget(error: NodeError, at: string, isName: boolean): void {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(at) ?? [];
  if (isName) error.hostname = host ?? at;
  else error.address = host ?? at.replace(/^unix:/, "");
  if (!isName && port !== undefined) error.port = Number(port);
}
