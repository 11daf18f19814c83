/** The option `tls` of `connect`, to what the handshake needs. */
import { shown } from "../../base/arguments.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { checkTlsParameters, type TlsClientParameters } from "../../wire/index.ts";

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

/** The options with defaults; only the name may be missing. */
export type TlsClientSettings = Omit<TlsClientParameters, "serverName"> & {
  readonly serverName: string | undefined;
};

/** @throws {TypeError} with the option, its value and what is expected. */
export function tlsClientSettings(options: TlsClientOptions): TlsClientSettings {
  checkOptions("tls", options, {
    serverName: true,
    ca: true,
    cert: true,
    key: true,
    passphrase: true,
    alpn: true,
    minVersion: true,
    ciphers: true,
    verify: true,
  });
  const {
    serverName,
    ca,
    cert,
    key,
    passphrase,
    alpn,
    minVersion = "TLSv1.2",
    ciphers,
    verify = true,
  } = options;
  if (!["TLSv1.2", "TLSv1.3"].includes(minVersion)) {
    throw new TypeError(`tls.minVersion: ${shown(minVersion)} is none of TLSv1.2, TLSv1.3`);
  }
  if (typeof verify !== "boolean") throw new TypeError(`tls.verify: ${shown(verify)} is not a boolean`);
  const settings = { serverName, verifies: verify, ca, cert, key, passphrase, alpn, minVersion, ciphers };
  try {
    checkTlsParameters({ ...settings, serverName: "" });
  } catch (error) {
    throw new TypeError(`tls: ${(error as Error).message}`, { cause: error });
  }
  return settings;
}
