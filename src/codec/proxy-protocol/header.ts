/** What a PROXY protocol header says, and the numbers of its fields. */
import type { Address } from "../../base/address/address.ts";

/** A PROXY protocol header, which a load balancer sends in front of the bytes of a client. */
export interface ProxyHeader {
  /** 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2;
  /** `local`: the load balancer connects for itself, for example to check the server's health. */
  readonly command: "proxy" | "local";
  /** The kind of socket between the client and the load balancer; `undefined` if the header does not tell. */
  readonly transport: "stream" | "datagram" | undefined;
  /** The client; `undefined` if the header does not name one. */
  readonly source: Address | undefined;
  /** The address that the client connected to. */
  readonly destination: Address | undefined;
  /** The application protocol that the client and the load balancer agreed on, such as `h2`. */
  readonly alpn?: string | undefined;
  /** The host name that the client asked for; with TLS, its SNI. */
  readonly authority?: string | undefined;
  /** Identifies the connection across several load balancers; at most 128 bytes. */
  readonly uniqueId?: Uint8Array | undefined;
  /** The TLS session of the client, which the load balancer terminated. */
  readonly tls?: ProxyTls | undefined;
  /** The name of the network namespace of the client's socket. */
  readonly netns?: string | undefined;
  /** All further fields, in their order. */
  readonly tlvs: readonly ProxyTlv[];
}

/** The fields of a header that `encodeProxyHeader` needs. */
export type ProxyHeaderToSend = Pick<ProxyHeader, "version"> &
  Partial<ProxyHeader> & {
    /** Adds a checksum (CRC32C) to a version 2 header. */
    readonly checksum?: boolean | undefined;
  };

/** A field of a version 2 header that has no name here. */
export interface ProxyTlv {
  /** The number of its type, 0 to 255. */
  readonly type: number;
  /** Its content. */
  readonly value: Uint8Array;
}

/** The TLS session between a client and the load balancer. */
export interface ProxyTls {
  /** Whether the client connected over TLS. */
  readonly used: boolean;
  /** Whether the client presented a certificate on this connection. */
  readonly certificateOnConnection: boolean;
  /** Whether the client presented a certificate in this TLS session, on this connection or an earlier one. */
  readonly certificateInSession: boolean;
  /** Whether the client presented a certificate and the load balancer verified it. */
  readonly verified: boolean;
  /** The version of TLS, such as `TLSv1.3`. */
  readonly version?: string | undefined;
  /** The common name of the client's certificate. */
  readonly commonName?: string | undefined;
  /** The cipher, such as `ECDHE-RSA-AES128-GCM-SHA256`. */
  readonly cipher?: string | undefined;
  /** The signature algorithm of the load balancer's certificate. */
  readonly signatureAlgorithm?: string | undefined;
  /** The key algorithm of the load balancer's certificate. */
  readonly keyAlgorithm?: string | undefined;
}

/** The first bytes of each version. */
export const signatures: { readonly v1: Uint8Array; readonly v2: Uint8Array } = {
  v1: Uint8Array.from("PROXY ", (character) => character.charCodeAt(0)),
  v2: Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a),
};

/** The longest version 1 header, its line ending included. */
export const lineBytesMaxV1 = 107;

/** The fixed part of a version 2 header: signature, version and command, family, length. */
export const fixedBytesV2 = 16;

export const tlvTypes = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  tls: 0x20,
  netns: 0x30,
} as const;

export const tlsTypes = {
  version: 0x21,
  commonName: 0x22,
  cipher: 0x23,
  signatureAlgorithm: 0x24,
  keyAlgorithm: 0x25,
} as const;

export const tlsBits = { used: 0x01, certificateOnConnection: 0x02, certificateInSession: 0x04 } as const;

export const uniqueIdBytesMax = 128;

/** The size of a path in a version 2 header, padded with zeros. */
export const unixPathBytes = 108;

/**
 * Reads a header byte by byte: each `yield` returns the next byte. A generator, so that a header needs no second pass
 * over its first bytes, however it is cut into chunks.
 */
export type ByteParser<Parsed> = Generator<undefined, Parsed, number>;
