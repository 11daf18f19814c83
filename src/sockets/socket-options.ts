/** The options of the WinterTC Sockets API, checked. */
import { flag, shown } from "../base/arguments.ts";
import { SocketError } from "./socket-error.ts";

/** Whether a socket speaks TLS: never, from the start, or after `startTls()`. */
export type SecureTransport = "off" | "on" | "starttls";

/** Options of `connect`. */
export interface SocketConnectOptions {
  /** Whether to speak TLS: `on` from the start, `starttls` after `startTls()`. Default: `off`. */
  readonly secureTransport?: SecureTransport | undefined;
  /** Keeps `writable` open when the peer has ended. Default: `false`, which closes it when the end is read. */
  readonly allowHalfOpen?: boolean | undefined;
  /** The name to ask the server for, which its certificate must have. Default: the host of the address. */
  readonly sni?: string | null | undefined;
  /** Application protocols to offer (ALPN), the preferred one first. Default: none. */
  readonly alpn?: readonly string[] | undefined;
}

/** The options with all defaults filled in. */
export interface SocketConnectSettings {
  readonly secureTransport: SecureTransport;
  readonly allowHalfOpen: boolean;
  readonly sni: string | undefined;
  readonly alpn: readonly string[] | undefined;
}

/**
 * Other members are ignored, as in any dictionary of a web standard: programs pass options of other runtimes.
 *
 * @throws {TypeError} for a value of the wrong type.
 * @throws {SocketError} for `sni` or `alpn` without TLS.
 */
export function socketSettings(options: unknown): SocketConnectSettings {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new TypeError(`connect: options: ${shown(options)} is not an object`);
  }
  const {
    secureTransport = "off",
    allowHalfOpen = false,
    sni,
    alpn = [],
  } = (options ?? {}) as SocketConnectOptions;
  if (!["off", "on", "starttls"].includes(secureTransport)) {
    throw new TypeError(`secureTransport: ${shown(secureTransport)} is not one of off, on, starttls`);
  }
  flag("allowHalfOpen", allowHalfOpen);
  if (typeof sni !== "string" && sni !== undefined && sni !== null) {
    throw new TypeError(`sni: ${shown(sni)} is neither a string nor null`);
  }
  if (!Array.isArray(alpn) || !alpn.every((name) => typeof name === "string")) {
    throw new TypeError(`alpn: ${shown(alpn)} is not an array of strings, as in ["h2"]`);
  }
  if (secureTransport === "off") {
    const given = typeof sni === "string" ? "sni" : alpn.length > 0 ? "alpn" : undefined;
    if (given !== undefined) throw new SocketError(`${given} needs secureTransport: "on" or "starttls"`);
  }
  return {
    secureTransport,
    allowHalfOpen,
    sni: sni ?? undefined,
    alpn: alpn.length === 0 ? undefined : alpn,
  };
}
