/** The option `tls` of `serve`, to what the handshakes need. */
import { callback, oneOf, record, shown, text, texts } from "../../base/arguments.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { ChosenCertificate, TlsServerOptions } from "../connection/start-tls.ts";
import {
  TlsError,
  tlsIdentity,
  type TlsIdentity,
  type TlsKeyPair,
  type TlsServerParameters,
  type TlsServerRules,
} from "../../wire/index.ts";

/**
 * Prepares all certificates.
 *
 * @throws {TypeError} with the option, its value and what is expected.
 */
export function tlsServerParameters(options: TlsServerOptions): TlsServerParameters {
  checkOptions("tls", options, {
    ...pairChecks("tls"),
    ca: (name, value) => (typeof value === "string" ? value : texts(`tls.${name}`, value, "[pem]")),
    requestCert: (name, value) => requestCert(`tls.${name}`, value),
    alpn: (name, value) => texts(`tls.${name}`, value, '["h2", "http/1.1"]'),
    minVersion: (name, value) => oneOf(`tls.${name}`, value, ["TLSv1.2", "TLSv1.3"]),
    ciphers: (name, value) => text(`tls.${name}`, value),
    sni: (name, value) => {
      for (const [host, pair] of Object.entries(record(`tls.${name}`, value))) record(sniName(host), pair);
    },
    sniFallback: (name, value) => callback(`tls.${name}`, value),
  });
  const { ca, requestCert: asks = false, alpn, minVersion = "TLSv1.2", ciphers } = options;
  if (asks !== false && ca === undefined) {
    throw new TypeError("tls.requestCert: needs tls.ca, the authorities that sign client certificates");
  }
  const rules: TlsServerRules = {
    ca: typeof ca === "string" ? [ca] : ca,
    clientCertificate: asks === "optional" ? "optional" : asks ? "required" : "none",
    alpn,
    minVersion,
    ciphers,
  };
  return { ...rules, identity: identityOf("tls", options, rules), identityFor: identityFor(options, rules) };
}

function sniName(host: string): string {
  return `tls.sni[${shown(host)}]`;
}

type PairChecks = Readonly<Record<keyof TlsKeyPair, (name: string, value: unknown) => unknown>>;

function pairChecks(owner: string): PairChecks {
  const check = (name: string, value: unknown): unknown => text(`${owner}.${name}`, value);
  return { cert: check, key: check, passphrase: check };
}

function requestCert(name: string, value: unknown): void {
  if (typeof value === "boolean" || value === "optional") return;
  throw new TypeError(`${name}: ${shown(value)} is none of true, false, "optional"`);
}

/** @throws {TypeError} if a member is missing, or OpenSSL rejects one. */
function identityOf(name: string, pair: TlsKeyPair, rules: TlsServerRules): TlsIdentity {
  for (const member of ["cert", "key"] as const) text(`${name}.${member}`, pair[member]);
  try {
    return tlsIdentity(pair, rules);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function checkedIdentityOf(name: string, pair: TlsKeyPair, rules: TlsServerRules): TlsIdentity {
  checkOptions(name, pair, pairChecks(name));
  return identityOf(name, pair, rules);
}

function identityFor(
  { sni = {}, sniFallback }: TlsServerOptions,
  rules: TlsServerRules,
): TlsServerParameters["identityFor"] {
  const byName = new Map<string, TlsIdentity>();
  for (const [name, pair] of Object.entries(sni)) {
    byName.set(name.toLowerCase(), checkedIdentityOf(sniName(name), pair, rules));
  }
  if (byName.size === 0 && sniFallback === undefined) return undefined;
  const prepared = new WeakMap<TlsKeyPair, TlsIdentity>();
  return async (serverName) => {
    const name = serverName.toLowerCase();
    const known = byName.get(name) ?? byName.get(name.replace(/^[^.]+/, "*"));
    if (known !== undefined || sniFallback === undefined) return known;
    let pair: ChosenCertificate;
    try {
      pair = await sniFallback(serverName);
      if (pair === undefined) return undefined;
      if (pair !== null) {
        const identity = prepared.get(pair) ?? checkedIdentityOf("tls.sniFallback", pair, rules);
        prepared.set(pair, identity);
        return identity;
      }
    } catch (error) {
      const happened = `tls.sniFallback failed for the name ${shown(serverName)}`;
      throw new TlsError("ERR_TLS_NAME_REFUSED", happened, error);
    }
    const happened = `tls.sniFallback has no certificate for the name ${shown(serverName)}`;
    throw new TlsError("ERR_TLS_NAME_REFUSED", happened);
  };
}
