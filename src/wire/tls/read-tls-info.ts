/**
 * Reads from a TLS socket what its handshake has agreed on.
 */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { TlsCertificate, TlsInfo } from "../tls-info.ts";
import { nodeCrypto } from "./node-modules.ts";
import { groupOf, isPostQuantum } from "./server-hello.ts";
import type { TlsError } from "./tls-error.ts";

/** What the sides know in different ways. */
export interface KnownBySide {
  readonly serverName: string | undefined;
  /** Why the peer's certificate is not accepted. */
  readonly authorizationError: TlsError | undefined;
  readonly peerChain: readonly TlsCertificate[];
  /** What the server has sent during the handshake. */
  readonly serverFlight: Uint8Array;
}

export function tlsInfo(socket: TLSSocket, known: KnownBySide): TlsInfo {
  const { serverName, authorizationError, peerChain: chain, serverFlight } = known;
  const alpn = socket.alpnProtocol;
  const group = groupOf(serverFlight);
  return {
    version: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    group,
    postQuantum: isPostQuantum(group),
    resumed: socket.isSessionReused(),
    alpn: typeof alpn === "string" ? alpn : undefined,
    serverName,
    authorized: chain.length > 0 && authorizationError === undefined,
    authorizationError: authorizationError?.message,
    peerChain: chain,
  };
}

/** @returns the peer's own certificate, then those that complete its chain, whether the peer has sent them or not. */
export function peerChain(socket: TLSSocket): readonly TlsCertificate[] {
  const chain: TlsCertificate[] = [];
  const seen = new Set<string>();
  let one = socket.getPeerCertificate(true);
  // The chain of an authority that signed itself has no end.
  while (one?.raw !== undefined && !seen.has(one.fingerprint256)) {
    seen.add(one.fingerprint256);
    chain.push(certificate(one.raw));
    one = one.issuerCertificate;
  }
  return chain;
}

function certificate(raw: Uint8Array): TlsCertificate {
  const { X509Certificate } = nodeCrypto();
  const one = new X509Certificate(raw);
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = one;
  return {
    subject,
    issuer,
    names: subjectAltName?.split(", ") ?? [],
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    keyType: keyTypeOf(one),
    fingerprint256,
  };
}

function keyTypeOf(one: X509Certificate): string {
  try {
    const { asymmetricKeyType: type = "", asymmetricKeyDetails: details } = one.publicKey;
    const { namedCurve, modulusLength } = details ?? {};
    if (namedCurve !== undefined) return `EC ${curves.get(namedCurve) ?? namedCurve}`;
    const name = names.get(type) ?? type.toUpperCase();
    return modulusLength === undefined ? name : `${name} ${modulusLength}`;
  } catch {
    // A kind of key that this version of OpenSSL does not know.
    return "unknown";
  }
}

const curves: ReadonlyMap<string, string> = new Map([
  ["prime256v1", "P-256"],
  ["secp384r1", "P-384"],
  ["secp521r1", "P-521"],
]);

const names: ReadonlyMap<string, string> = new Map([
  ["ed25519", "Ed25519"],
  ["ed448", "Ed448"],
]);
