/**
 * A proxy handshake: a generator that yields what to send and what to read, without I/O. tunnel.ts runs
 * it.
 */
import type { Address } from "../../base/address/address.ts";
import type { KnownErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { quote } from "../../base/text/quote.ts";
import type { Decoder } from "../../codec/index.ts";

/** Sends bytes, or reads what the decoder returns, which becomes the result of the `yield`. */
export type Step = { readonly send: Uint8Array } | { readonly read: Decoder<Uint8Array> };

/**
 * Ends when further bytes come from the other side of the proxy: the target, or the client. May return the address of
 * that side, which is then the `remote` of the wire.
 */
export type Handshake = Generator<Step, Address | void, Uint8Array>;

/** The target for the proxy to connect to. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

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

/** The answer does not follow the protocol. */
export function notSpoken(protocol: string, answer: Uint8Array): HandshakeError {
  const text = quote(String.fromCharCode(...answer.subarray(0, 100)));
  return new HandshakeError("ERR_PROXY_INVALID", `the proxy does not speak ${protocol}: it answered ${text}`);
}

/** The answer exceeds its limit; a decoder reports this as a `CodecError`. */
export function endless(): HandshakeError {
  const max = limits.proxyAnswerBytesMax.value;
  return new HandshakeError("ERR_PROXY_INVALID", `the proxy's answer is longer than ${max} bytes`);
}

/** The proxy requires authentication, or rejects the credentials. */
export function notAllowed(given: boolean): HandshakeError {
  return new HandshakeError(
    "ERR_PROXY_AUTH_FAILED",
    given ? "the proxy rejected this user and password" : "the proxy requires a user and a password",
  );
}
