/**
 * Reads from a TLS socket what its handshake has agreed on.
 */
import type { TLSSocket } from "node:tls";
import type { TlsCertificate, TlsInfo } from "../tls-info.ts";
import { nodeCrypto } from "./node-modules.ts";

export function tlsInfo(socket: TLSSocket, serverName: string | undefined): TlsInfo {
  const alpn = socket.alpnProtocol;
  return {
    version: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    alpn: typeof alpn === "string" ? alpn : undefined,
    serverName,
    authorized: socket.authorized,
    peerChain: peerChain(socket),
  };
}

/** @returns the certificates that the peer has sent or that verify them, its own first. */
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
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = new X509Certificate(raw);
  return {
    subject,
    issuer,
    names: subjectAltName?.split(", ") ?? [],
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    fingerprint256,
  };
}
