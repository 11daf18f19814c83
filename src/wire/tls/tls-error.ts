/**
 * Why a TLS handshake failed: one code for each class, and a sentence with the facts of this case.
 */
import { ipFamily } from "../../base/address/ip.ts";
import { quote } from "../../base/text/quote.ts";
import type { TlsCertificate } from "../tls-info.ts";

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

/** The error for a certificate that OpenSSL or the check of names rejects. */
export function certificateError(reason: string, chain: readonly TlsCertificate[], host: string): TlsError {
  const [own] = chain;
  switch (reason) {
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return new TlsError("ERR_TLS_SELF_SIGNED", "the server's certificate is self-signed");
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return new TlsError("ERR_TLS_UNKNOWN_AUTHORITY", unknownAuthority(chain));
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return new TlsError("ERR_TLS_NAME_MISMATCH", nameMismatch(own, host));
    case "CERT_HAS_EXPIRED": {
      const expired = chain.toSorted((a, b) => a.validTo.getTime() - b.validTo.getTime())[0];
      return new TlsError("ERR_TLS_EXPIRED", `the certificate expired on ${dateOf(expired?.validTo)}`);
    }
    case "CERT_NOT_YET_VALID": {
      const early = chain.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime())[0];
      const from = dateOf(early?.validFrom);
      return new TlsError("ERR_TLS_NOT_YET_VALID", `the certificate is not valid before ${from}`);
    }
    default:
      return new TlsError("ERR_TLS_CERTIFICATE_INVALID", `the server's certificate is invalid (${reason})`);
  }
}

function unknownAuthority(chain: readonly TlsCertificate[]): string {
  const issuer = chain.at(-1)?.issuer.replaceAll("\n", ", ");
  return `no trusted authority signed the server's certificate${issuer ? `; the last issuer is ${quote(issuer)}` : ""}`;
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

/** Parts of OpenSSL's codes, and what they mean. The first that fits counts. */
const openSslCodes: readonly (readonly [part: RegExp, code: string, happened: string])[] = [
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    "ERR_TLS_NO_SHARED_VERSION",
    "the two sides share no TLS version",
  ],
  [/APPLICATION_PROTOCOL/, "ERR_TLS_NO_SHARED_ALPN", "the two sides share no application protocol (ALPN)"],
  [
    /CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN/,
    "ERR_TLS_CLIENT_CERTIFICATE_REQUIRED",
    "the server requires a client certificate",
  ],
  [
    /NO_SHARED_CIPHER|ALERT_HANDSHAKE_FAILURE|NO_CIPHERS/,
    "ERR_TLS_NO_SHARED_CIPHER",
    "the two sides share no cipher, or the server requires a client certificate",
  ],
];

/** The error for a failure of OpenSSL; `undefined` if it is none. */
export function openSslError(error: unknown, firstBytes: Uint8Array): TlsError | undefined {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const plain = plainTextOf(firstBytes);
  if (plain !== undefined) {
    return new TlsError("ERR_TLS_PLAIN_TEXT", `the peer does not speak TLS: it sent ${plain}`, error);
  }
  if (!code.startsWith("ERR_SSL_")) return undefined;
  const row = openSslCodes.find(([part]) => part.test(code));
  if (row !== undefined) return new TlsError(row[1], `${row[2]} (${code})`, error);
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
  return quote(text.split(/[\r\n]/)[0] ?? "");
}
