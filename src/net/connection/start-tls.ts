/** Options of `connection.startTls`, and what performs its handshake; the client and the server supply it. */
import type { Wire } from "../../wire/index.ts";

/** Options of TLS for a client. */
export interface TlsClientOptions {
  /**
   * The name that the server's certificate must be valid for, sent as SNI unless it is an IP address. Default: the host
   * of the target.
   */
  readonly serverName?: string | undefined;
  /** Certificates of authorities to trust instead of Node's, as PEM text. */
  readonly ca?: string | readonly string[] | undefined;
  /** This client's certificate, with its intermediate certificates, as PEM text. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, as PEM text. */
  readonly key?: string | undefined;
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined;
  /** Application protocols to offer (ALPN), the preferred one first. */
  readonly alpn?: readonly string[] | undefined;
  /** The lowest version to accept. Default: `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Cipher suites, in OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string | undefined;
  /** `false` accepts any certificate, so that any machine on the way can read and change everything. */
  readonly verify?: boolean | undefined;
}

/** Options of `connection.startTls`. */
export interface StartTlsOptions extends TlsClientOptions {
  /** Aborts the handshake, which closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Timeout of the handshake, and of sending what was written before. Default: that of the connection. */
  readonly tlsHandshakeTimeoutMs?: number | undefined;
}

/**
 * Performs the handshake over a wire, and resolves to the wire inside TLS. On failure the wire below is closed.
 *
 * @throws {NetError} (rejects) the reason, with stage `handshake`.
 */
export type MakeSecure = (below: Wire) => Promise<Wire>;
