/**
 * Why a TLS handshake failed: one code for each class, and a sentence with the facts of this case.
 */
import { ipFamily } from "../../base/address/ip.ts";
import { quote } from "../../base/text/quote.ts";
import type { TlsCertificate } from "../tls-info.ts";

/** What the other side of a handshake is. */
export type Peer = "server" | "client";

/** A handshake that failed. */
export class TlsError extends Error {
  static {
    this.prototype.name = "TlsError";
  }
  readonly code: string;

  constructor(code: string, happened: string, cause?: unknown) {
    super(happened, { cause });
    this.code = code;
  }
}

/**
 * The error for a certificate that OpenSSL or the check of names rejects.
 *
 * @param host the name that a server's certificate must be valid for
 */
export function certificateError(
  reason: string,
  chain: readonly TlsCertificate[],
  peer: Peer,
  host = "",
): TlsError {
  const [own] = chain;
  switch (reason) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return new TlsError("ERR_TLS_SELF_SIGNED", `the ${peer}'s certificate is self-signed`);
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return new TlsError("ERR_TLS_UNKNOWN_AUTHORITY", unknownAuthority(chain, peer));
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return new TlsError("ERR_TLS_NAME_MISMATCH", nameMismatch(own, host));
    case "CERT_HAS_EXPIRED": {
      const expired = chain.toSorted((a, b) => a.validTo.getTime() - b.validTo.getTime())[0];
      const since = dateOf(expired?.validTo);
      return new TlsError("ERR_TLS_EXPIRED", `the ${peer}'s certificate expired on ${since}`);
    }
    case "CERT_NOT_YET_VALID": {
      const early = chain.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime())[0];
      const from = dateOf(early?.validFrom);
      return new TlsError("ERR_TLS_NOT_YET_VALID", `the ${peer}'s certificate is not valid before ${from}`);
    }
    default:
      return new TlsError("ERR_TLS_CERTIFICATE_INVALID", `the ${peer}'s certificate is invalid (${reason})`);
  }
}

function unknownAuthority(chain: readonly TlsCertificate[], peer: Peer): string {
  const issuer = chain.at(-1)?.issuer.replaceAll("\n", ", ");
  return `no trusted authority signed the ${peer}'s certificate${issuer ? `; the last issuer is ${quote(issuer)}` : ""}`;
}

function nameMismatch(own: TlsCertificate | undefined, host: string): string {
  const names = own?.names ?? [];
  const is = names.length === 0 ? "has no names" : `is for ${names.join(", ")}`;
  const kind = ipFamily(host) === undefined ? "" : "the address ";
  return `the server's certificate ${is}, not for ${kind}${host}`;
}

function dateOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? "an unknown date";
}

/** The error for a client that has sent no certificate. */
export function noClientCertificate(cause?: unknown): TlsError {
  return new TlsError("ERR_TLS_CLIENT_CERTIFICATE_REQUIRED", "the client sent no certificate", cause);
}

interface OpenSslRow {
  /** A part of OpenSSL's codes. */
  readonly part: RegExp;
  readonly code: string;
  readonly happened: string;
}

/** For both sides. The first row that fits counts. */
const openSslRows: readonly OpenSslRow[] = [
  {
    part: /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    code: "ERR_TLS_NO_SHARED_VERSION",
    happened: "the two sides share no TLS version",
  },
  {
    part: /APPLICATION_PROTOCOL/,
    code: "ERR_TLS_NO_SHARED_ALPN",
    happened: "the two sides share no application protocol (ALPN)",
  },
];

const noSharedCipher = /NO_SHARED_CIPHER|NO_CIPHERS|NO_SUITABLE|NO_SHARED_GROUP/;

/** What a peer's alert says about the certificate of this side. */
const rejections: readonly (readonly [part: RegExp, why: string])[] = [
  [/ALERT_UNKNOWN_CA/, "unknown authority"],
  [/ALERT_CERTIFICATE_EXPIRED/, "expired, or not yet valid"],
  [/ALERT_CERTIFICATE_REVOKED/, "revoked"],
  [/ALERT_UNSUPPORTED_CERTIFICATE/, "unsupported kind of certificate"],
  [/ALERT_BAD_CERTIFICATE/, "bad certificate"],
  [/ALERT_CERTIFICATE_UNKNOWN/, "not accepted, without a reason"],
];

function rowOf(code: string, peer: Peer): Omit<OpenSslRow, "part"> | undefined {
  const common = openSslRows.find(({ part }) => part.test(code));
  if (common !== undefined) return common;
  const rejection = rejections.find(([part]) => part.test(code));
  if (rejection !== undefined) {
    const happened = `the ${peer} rejects this side's certificate: ${rejection[1]}`;
    return { code: "ERR_TLS_CERTIFICATE_REJECTED", happened };
  }
  if (peer === "server" && /CERTIFICATE_REQUIRED/.test(code)) {
    const happened = "the server requires a client certificate";
    return { code: "ERR_TLS_CLIENT_CERTIFICATE_REQUIRED", happened };
  }
  if (peer === "server" && /ALERT_HANDSHAKE_FAILURE/.test(code)) {
    const happened = "the two sides share no cipher, or the server requires a client certificate";
    return { code: "ERR_TLS_NO_SHARED_CIPHER", happened };
  }
  return noSharedCipher.test(code)
    ? { code: "ERR_TLS_NO_SHARED_CIPHER", happened: "the two sides share no cipher or group" }
    : undefined;
}

/** The error for a failure of OpenSSL; `undefined` if it is none. */
export function openSslError(error: unknown, firstBytes: Uint8Array, peer: Peer): TlsError | undefined {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const plain = plainTextOf(firstBytes);
  if (plain !== undefined) {
    return new TlsError("ERR_TLS_PLAIN_TEXT", `the ${peer} does not speak TLS: it sent ${plain}`, error);
  }
  if (!code.startsWith("ERR_SSL_")) return undefined;
  if (peer === "client" && code.includes("PEER_DID_NOT_RETURN")) return noClientCertificate(error);
  const row = rowOf(code, peer);
  if (row !== undefined) return new TlsError(row.code, `${row.happened} (${code})`, error);
  return new TlsError(
    "ERR_TLS_FAILED",
    `the handshake failed: ${message.split(":")[5] ?? code} (${code})`,
    error,
  );
}

/** What the peer sent instead of a TLS record; `undefined` for a record or nothing. */
function plainTextOf(bytes: Uint8Array): string | undefined {
  const [type, major] = bytes;
  if (type === undefined || (type >= 0x14 && type <= 0x18 && (major === undefined || major === 3)))
    return undefined;
  const text = new TextDecoder("latin1").decode(bytes);
  const line = quote(text.split(/[\r\n]/)[0] ?? "");
  if (/^[A-Z]{3,8} \S/.test(text) || text.startsWith("HTTP/")) return `HTTP: ${line}`;
  if (text.startsWith("SSH-")) return `SSH: ${line}`;
  return line;
}
