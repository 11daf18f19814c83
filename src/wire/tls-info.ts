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
  /** The kind and size of its key, as in `RSA 2048` or `EC P-256`. */
  readonly keyType: string;
  /** Its SHA-256 fingerprint, in hexadecimal with colons. */
  readonly fingerprint256: string;
}

/** What a TLS handshake has agreed on. */
export interface TlsInfo {
  /** The version, as in `TLSv1.3`. */
  readonly version: string;
  /** The cipher suite, by its IANA name. */
  readonly cipher: string;
  /** The group of the key exchange, as in `X25519MLKEM768`; `undefined` if a resumed session or old cipher needs none. */
  readonly group: string | undefined;
  /** Whether the key exchange resists quantum computers. */
  readonly postQuantum: boolean;
  /** Whether the handshake continued an earlier session, which saves the exchange of certificates. */
  readonly resumed: boolean;
  /** The protocol that ALPN has chosen; `undefined` without one. */
  readonly alpn: string | undefined;
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** Whether the peer has a certificate that was verified. */
  readonly authorized: boolean;
  /** Why its certificate is not accepted; `undefined` if it is, or none was asked for. */
  readonly authorizationError: string | undefined;
  /** The peer's certificates, its own first; empty if it sent none. */
  readonly peerChain: readonly TlsCertificate[];
}
