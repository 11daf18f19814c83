/**
 * What a handshake with a proxy is: a generator that says what to send and what to read,
 * and does neither. tunnel.ts does both.
 */
import type { KnownErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { quote } from "../../base/text/quote.ts";
import type { Decoder } from "../../codec/index.ts";

/** Sends bytes, or reads what the decoder takes, and is handed that. */
export type Step = { readonly send: Uint8Array } | { readonly read: Decoder<Uint8Array> };

/** Ends when the proxy has connected us: what comes then comes from the target. */
export type Handshake = Generator<Step, void, Uint8Array>;

/** Where the proxy is to connect us to. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** Why a handshake failed. */
export class HandshakeError extends Error {
  static {
    this.prototype.name = "HandshakeError";
  }
  readonly code: KnownErrorCode;

  constructor(code: KnownErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The answer is none of that protocol. */
export function notSpoken(protocol: string, answer: Uint8Array): HandshakeError {
  const text = quote(String.fromCharCode(...answer.subarray(0, 100)));
  return new HandshakeError("ERR_PROXY_INVALID", `the proxy does not speak ${protocol}: it answered ${text}`);
}

/** The answer goes on and on; a decoder says so too (`CodecError`). */
export function endless(): HandshakeError {
  const max = limits.proxyAnswerBytesMax.value;
  return new HandshakeError("ERR_PROXY_INVALID", `the proxy's answer is longer than ${max} bytes`);
}

/** The proxy wants to know who we are. */
export function notAllowed(given: boolean): HandshakeError {
  return new HandshakeError(
    "ERR_PROXY_AUTH_FAILED",
    given
      ? "the proxy does not take this user and password"
      : "the proxy asks for a user and a password, and none are given",
  );
}
