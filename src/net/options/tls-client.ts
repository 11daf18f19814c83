/** The option `tls` of `connect`, to what the handshake needs. */
import { flag, oneOf, text, texts } from "../../base/arguments.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { TlsClientOptions } from "../connection/start-tls.ts";
import { checkTlsParameters, type TlsClientParameters } from "../../wire/index.ts";

/** The options with defaults; only the name may be missing. */
export type TlsClientSettings = Omit<TlsClientParameters, "serverName"> & {
  readonly serverName: string | undefined;
};

/** @throws {TypeError} with the option, its value and what is expected. */
export function tlsClientSettings(options: TlsClientOptions): TlsClientSettings {
  const isText = (name: string, value: unknown): string => text(`tls.${name}`, value);
  checkOptions("tls", options, {
    serverName: isText,
    ca: (name, value) => (typeof value === "string" ? value : texts(`tls.${name}`, value, "[pem]")),
    cert: isText,
    key: isText,
    passphrase: isText,
    alpn: (name, value) => texts(`tls.${name}`, value, '["h2", "http/1.1"]'),
    minVersion: (name, value) => oneOf(`tls.${name}`, value, ["TLSv1.2", "TLSv1.3"]),
    ciphers: isText,
    verify: (name, value) => flag(`tls.${name}`, value),
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
  const settings = { serverName, verifies: verify, ca, cert, key, passphrase, alpn, minVersion, ciphers };
  try {
    checkTlsParameters({ ...settings, serverName: "" });
  } catch (error) {
    throw new TypeError(`tls: ${(error as Error).message}`, { cause: error });
  }
  return settings;
}
