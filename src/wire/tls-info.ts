/**
 * What a completed TLS handshake has agreed on, and who the peer is.
 */

/** A certificate of the peer. */
export interface TlsCertificate {
  /** The subject, one attribute a line. */
  readonly subject: string;
  /** The subject of the certificate that signed it. */
  readonly issuer: string;
  /** The names that it is valid for, as in `DNS:example.com`. */
  readonly names: readonly string[];
  /** When it begins to be valid. */
  readonly validFrom: Date;
  /** When it expires. */
  readonly validTo: Date;
  /** Its SHA-256 fingerprint, in hexadecimal with colons. */
  readonly fingerprint256: string;
}

/** What a TLS handshake has agreed on. */
export interface TlsInfo {
  /** The version, as in `TLSv1.3`. */
  readonly version: string;
  /** The cipher suite, by its IANA name. */
  readonly cipher: string;
  /** The protocol that ALPN has chosen; `undefined` without one. */
  readonly alpn: string | undefined;
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** Whether the peer's certificate was verified. */
  readonly authorized: boolean;
  /** The peer's certificates, its own first; empty if it sent none. */
  readonly peerChain: readonly TlsCertificate[];
}
