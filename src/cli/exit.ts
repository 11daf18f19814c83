/**
 * Exit codes: the contract with scripts, and the one place that gives them out.
 */
import type { ErrorCode, NetError } from "../base/errors.ts";
import type { CloseInfo } from "../base/events.ts";
import { systemCodeOf, type FailureKind } from "../base/system-codes.ts";

/** Every exit code of the command, with what it says. */
export const exitCodes = {
  ok: { code: 0, meaning: "all went well" },
  unmet: {
    code: 1,
    meaning: "what was asked for is not so: `doctor` has found something missing, or `nc` has failed",
  },
  usage: { code: 2, meaning: "the command line cannot be: nothing was tried" },
  file: {
    code: 3,
    meaning: "a file is of no use: a handler or a program, standard input or standard output",
  },
  resolve: { code: 10, meaning: "the name could not be resolved" },
  refused: { code: 11, meaning: "the connection was refused" },
  connectTimeout: { code: 12, meaning: "nobody answered in time" },
  unreachable: { code: 13, meaning: "no way leads to the host" },
  // 14 is reserved for TLS: a handshake or a certificate that fails. Nothing may use it until then.
  reset: { code: 15, meaning: "the peer reset the connection" },
  idleTimeout: { code: 16, meaning: "nothing was sent or received for too long" },
  closedEarly: { code: 17, meaning: "the connection ended before everything had been said" },
  bind: { code: 18, meaning: "the address to listen on, or to connect from, could not be had" },
  proxy: { code: 19, meaning: "the proxy could not be reached, or does not do what it is asked for" },
  forbidden: { code: 20, meaning: "a permission is missing, or a rule of this machine forbids it" },
  exhausted: {
    code: 23,
    meaning: "this machine or process has run out of something: descriptors, memory, buffers",
  },
  software: { code: 70, meaning: "a fault in portcall itself" },
  system: { code: 71, meaning: "the system failed in a way that portcall does not know" },
  interrupted: {
    code: 130,
    meaning: "ended by SIGINT (Ctrl-C); a server whose clients could finish ends with 0",
  },
  brokenPipe: { code: 141, meaning: "ended by SIGPIPE: the reader of standard output has gone" },
  terminated: { code: 143, meaning: "ended by SIGTERM; a server whose clients could finish ends with 0" },
} as const;

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes;

/** Of the library's own codes. */
const byCode: Readonly<Partial<Record<ErrorCode, ExitName>>> = {
  ERR_SELF_CONNECTED: "refused",
  ERR_ACCESS_DENIED: "forbidden",
  ERR_CONNECT_TIMEOUT: "connectTimeout",
  ERR_HANDSHAKE_TIMEOUT: "connectTimeout",
  ERR_TARGET_REFUSED: "refused",
  ERR_TARGET_UNREACHABLE: "unreachable",
  ERR_PROXY_UNREACHABLE: "proxy",
  ERR_PROXY_REFUSED: "proxy",
  ERR_PROXY_AUTH_FAILED: "proxy",
  ERR_PROXY_INVALID: "proxy",
};

/** Of the system's codes. */
const byKind: Readonly<Record<FailureKind, ExitName>> = {
  refused: "refused",
  unreachable: "unreachable",
  silent: "connectTimeout",
  reset: "reset",
  address: "bind",
  exhausted: "exhausted",
  forbidden: "forbidden",
  fault: "software",
};

/** What a failure to connect, perhaps from a port that was asked for, or to listen means for the exit. */
export function exitOfError(error: NetError, sourcePort?: number): ExitName {
  if (error.code === "ERR_ABORTED") return "interrupted";
  if (error.code === "EACCES" && sourcePort !== undefined && sourcePort < 1024) return "bind";
  const kind = systemCodeOf(error.code, error)?.kind;
  if (kind === "exhausted") return "exhausted";
  if (error.stage === "resolve" && error.code !== "ERR_PROXY_UNREACHABLE") return "resolve";
  const exit = kind === undefined ? byCode[error.code] : byKind[kind];
  if (exit === undefined || exit === "software") return exit ?? "system";
  return error.stage === "bind" || error.stage === "listen" ? "bind" : exit;
}

/** What the end of a connection means for the exit. */
export function exitOfClose({ how, error }: CloseInfo): ExitName {
  if (how === "failed" && systemCodeOf(error?.code ?? "")?.kind === "exhausted") return "exhausted";
  // Gone while we were still sending, after it had said that it was done.
  return error?.code === "EPIPE" ? "closedEarly" : byHow[how];
}

const byHow: Readonly<Record<CloseInfo["how"], ExitName>> = {
  fin: "ok",
  reset: "reset",
  timeout: "idleTimeout",
  aborted: "interrupted",
  limit: "closedEarly",
  protocol: "closedEarly",
  failed: "closedEarly",
};
