/** Options of `connection.startTls`, and what performs its handshake; the client and the server supply it. */
import type { TlsKeyPair, Wire } from "../../wire/index.ts";

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

/** What a function chooses for a name: a certificate, `undefined` for that of the server, `null` to refuse the client. */
export type ChosenCertificate = TlsKeyPair | null | undefined;

/** Options of TLS for a server. */
export interface TlsServerOptions extends TlsKeyPair {
  /** Certificates of the authorities that sign client certificates, as PEM text. Required with `requestCert`. */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * Whether clients must have a certificate that `ca` has signed. `true` refuses all others during the handshake.
   * `"optional"` serves them, and `connection.tls.authorized` tells them apart. Default: `false`.
   */
  readonly requestCert?: boolean | "optional" | undefined;
  /** Application protocols that this server speaks (ALPN), the preferred one first. Clients that offer others fail. */
  readonly alpn?: readonly string[] | undefined;
  /** The lowest version to accept. Default: `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Cipher suites, in OpenSSL's notation. Default: Node's. */
  readonly ciphers?: string | undefined;
  /**
   * Certificates for other names that clients ask for (SNI), by name. `*.example.com` stands for one label. Other
   * clients get `cert`.
   */
  readonly sni?: Readonly<Record<string, TlsKeyPair>> | undefined;
  /**
   * Chooses a certificate for a name that `sni` does not have. A function that throws or rejects refuses the client,
   * and one that does not answer is limited by `tlsHandshakeTimeoutMs`. Return the same object for the same
   * certificate: each is prepared once.
   */
  readonly sniFallback?: ((serverName: string) => ChosenCertificate | Promise<ChosenCertificate>) | undefined;
}

/** Options of the handshake of `connection.startTls`. */
export interface HandshakeOptions {
  /** Aborts the handshake, which closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Timeout of the handshake, and of sending what was written before. Default: that of the connection. */
  readonly tlsHandshakeTimeoutMs?: number | undefined;
}

/** Options of `connection.startTls` on a connection that you opened. */
export interface StartTlsOptions extends TlsClientOptions, HandshakeOptions {}

/** Options of `connection.startTls` on a connection that a server accepted. */
export interface StartTlsServerOptions extends TlsServerOptions, HandshakeOptions {}

/**
 * Performs the handshake over a wire, and resolves to the wire inside TLS. On failure the wire below is closed.
 *
 * @throws {NetError} (rejects) the reason, with stage `handshake`.
 */
export type MakeSecure = (below: Wire) => Promise<Wire>;
