/** TLS on an open connection of a client. */
import { abortSignal, duration, record } from "../../base/arguments.ts";
import type { MakeSecure, StartTlsOptions } from "../connection/start-tls.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import { tlsClientSettings } from "../options/tls-client.ts";
import { secureWire } from "./secure-wire.ts";

/**
 * @param host the host of the target, which is the default of `serverName`.
 * @param address the name of the target, for messages.
 * @throws {TypeError} for an invalid option.
 */
export function startTlsClient(
  options: StartTlsOptions,
  host: string,
  address: string,
  settings: ConnectSettings,
): MakeSecure {
  record("startTls: options", options);
  const { signal, tlsHandshakeTimeoutMs = settings.tlsHandshakeTimeoutMs, ...rest } = options;
  if (signal !== undefined) abortSignal("startTls: signal", signal);
  duration("startTls: tlsHandshakeTimeoutMs", tlsHandshakeTimeoutMs);
  const { serverName = host, ...tls } = tlsClientSettings(rest);
  const own = { ...settings, signal, tlsHandshakeTimeoutMs };
  return (below) => secureWire(below, { ...tls, serverName }, address, own, Infinity);
}
