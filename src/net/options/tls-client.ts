/** The option `tls` of `connect`, to what the handshake needs. */
import { shown } from "../../base/arguments.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { TlsClientOptions } from "../connection/start-tls.ts";
import { checkTlsParameters, type TlsClientParameters } from "../../wire/index.ts";

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
