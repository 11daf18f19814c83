/**
 * Exit codes. Scripts rely on them, and only this file assigns them.
 */
import type { ErrorCode, NetError } from "../base/errors.ts";
import type { CloseInfo } from "../base/events.ts";
import { systemCodeOf, type FailureKind } from "../base/system-codes.ts";
import { isTlsFailure } from "./tls-reason.ts";

/** Every exit code of the command, with its meaning. */
export const exitCodes = {
  ok: { code: 0, meaning: "success" },
  unmet: {
    code: 1,
    meaning: "a check failed: `doctor` found something missing, or `nc` failed",
  },
  usage: { code: 2, meaning: "invalid command line; nothing was attempted" },
  file: {
    code: 3,
    meaning: "a file cannot be used: a handler, a program, standard input or standard output",
  },
  resolve: { code: 10, meaning: "the name could not be resolved" },
  refused: { code: 11, meaning: "the connection was refused, or nothing listens at the path" },
  connectTimeout: { code: 12, meaning: "no answer in time" },
  unreachable: { code: 13, meaning: "the host is unreachable" },
  tls: { code: 14, meaning: "the TLS handshake failed, or the certificate was rejected" },
  reset: { code: 15, meaning: "the peer reset the connection" },
  idleTimeout: { code: 16, meaning: "idle timeout: nothing was sent or received" },
  closedEarly: { code: 17, meaning: "the connection ended before all data was transferred" },
  bind: { code: 18, meaning: "the address to listen on, or to connect from, is not available" },
  proxy: { code: 19, meaning: "the proxy could not be reached, or did not carry out the request" },
  forbidden: { code: 20, meaning: "a permission is missing, or a rule of this machine denies it" },
  exhausted: {
    code: 23,
    meaning: "this machine or process is out of descriptors, memory or buffers",
  },
  software: { code: 70, meaning: "a bug in portcall" },
  system: { code: 71, meaning: "the system failed with an unknown error" },
  interrupted: {
    code: 130,
    meaning: "ended by SIGINT (Ctrl-C); a server whose clients all finished in time ends with 0",
  },
  brokenPipe: { code: 141, meaning: "ended by SIGPIPE: the reader of standard output has closed it" },
  terminated: {
    code: 143,
    meaning: "ended by SIGTERM; a server whose clients all finished in time ends with 0",
  },
} as const;

export type ExitName = keyof typeof exitCodes;

/** The exits of the library's own codes. */
const byCode: Readonly<Partial<Record<ErrorCode, ExitName>>> = {
  ERR_SELF_CONNECTED: "refused",
  ERR_ACCESS_DENIED: "forbidden",
  ERR_CONNECT_TIMEOUT: "connectTimeout",
  ERR_PROXY_TIMEOUT: "connectTimeout",
  ERR_TARGET_REFUSED: "refused",
  ERR_TARGET_UNREACHABLE: "unreachable",
  ERR_PROXY_UNREACHABLE: "proxy",
  ERR_PROXY_REFUSED: "proxy",
  ERR_PROXY_AUTH_FAILED: "proxy",
  ERR_PROXY_INVALID: "proxy",
};

/** The exits of the system's codes. */
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

/** The exit for a failure to connect or to listen. `sourcePort` is the port given with -p. */
export function exitOfError(error: NetError, sourcePort?: number): ExitName {
  if (error.code === "ERR_ABORTED") return "interrupted";
  if (error.code === "EACCES" && sourcePort !== undefined && sourcePort < 1024) return "bind";
  const kind = systemCodeOf(error.code, error)?.kind;
  if (kind === "exhausted") return "exhausted";
  if (isTlsFailure(error)) return "tls";
  if (error.stage === "resolve" && error.code !== "ERR_PROXY_UNREACHABLE") return "resolve";
  const exit = kind === undefined ? byCode[error.code] : byKind[kind];
  if (exit === undefined || exit === "software") return exit ?? "system";
  return error.stage === "bind" || error.stage === "listen" ? "bind" : exit;
}

export function exitOfClose({ how, error }: CloseInfo): ExitName {
  if (error?.code === "ERR_TLS_TRUNCATED") return "closedEarly";
  // A TLS 1.3 server refuses a client's certificate after the handshake.
  if (error !== undefined && isTlsFailure(error)) return "tls";
  if (how === "failed" && systemCodeOf(error?.code ?? "")?.kind === "exhausted") return "exhausted";
  // EPIPE: the peer was gone while we were still sending, after its FIN.
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
