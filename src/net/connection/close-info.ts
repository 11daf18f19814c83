/** Why a connection closed: from facts to the one `CloseInfo`. */
import { describeSystemCode, NetError, type ErrorCode, type Stage } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { WireError } from "../../wire/index.ts";

/** The part of `CloseInfo` that is decided before the wire has closed. */
export interface CloseCause {
  readonly how: CloseInfo["how"];
  readonly by: CloseInfo["by"];
  readonly stage: Stage;
  readonly error: NetError | undefined;
}

/** The close cause of a wire error; `userTimeoutMs` is the option, if set. */
export function wireFailure(error: WireError, address: string, userTimeoutMs?: number): CloseCause {
  const stage: Stage = error.during === "send" ? "send" : "receive";
  const how = peerFailures.has(error.code) ? "reset" : "failed";
  // TCP_USER_TIMEOUT also limits keep-alive probes.
  const option = error.code === "ETIMEDOUT" && userTimeoutMs !== undefined ? "userTimeoutMs" : undefined;
  return {
    how,
    by: how === "reset" ? "peer" : "us",
    stage,
    error: new NetError({
      code: error.code,
      stage,
      address,
      happened: describeSystemCode(error.code, { stage, address }),
      option,
      cause: error.cause ?? error,
    }),
  };
}

const peerFailures: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETRESET",
  "ENONET",
  "EPROTO",
  "ERR_TLS_TRUNCATED",
]);

/** The close cause of a TLS handshake that failed on an open connection. */
export function handshakeFailure(thrown: unknown, address: string): CloseCause {
  const stage = "handshake";
  if (!(thrown instanceof NetError)) {
    const happened = `the TLS handshake failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    const error = new NetError({ code: "ERR_TLS_FAILED", stage, address, happened, cause: thrown });
    return { how: "failed", by: "us", stage, error };
  }
  const how = howHandshakesFail[thrown.code] ?? (peerFailures.has(thrown.code) ? "reset" : "failed");
  return { how, by: how === "reset" ? "peer" : "us", stage, error: thrown };
}

const howHandshakesFail: Readonly<Partial<Record<ErrorCode, CloseInfo["how"]>>> = {
  ERR_ABORTED: "aborted",
  ERR_TLS_HANDSHAKE_TIMEOUT: "timeout",
  ERR_TLS_PLAIN_TEXT: "protocol",
  ERR_TLS_PLAIN_TEXT_INJECTED: "protocol",
};

/** The close cause of an error that a handler did not catch. */
export function handlerFailure(thrown: unknown, address: string): CloseCause {
  if (thrown instanceof NetError) {
    if (thrown.code === "ERR_MESSAGE_TOO_LONG" || thrown.code === "ERR_WRITE_QUEUE_FULL") {
      return { how: "limit", by: "us", stage: thrown.stage, error: thrown };
    }
    if (thrown.code === "ERR_MESSAGE_INVALID" || thrown.code === "ERR_TRUNCATED") {
      return { how: "protocol", by: "us", stage: thrown.stage, error: thrown };
    }
  }
  const error = new NetError({
    code: "ERR_HANDLER_FAILED",
    stage: thrown instanceof NetError ? thrown.stage : "receive",
    address,
    happened: `the handler failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    cause: thrown,
  });
  return { how: "failed", by: "us", stage: error.stage, error };
}
