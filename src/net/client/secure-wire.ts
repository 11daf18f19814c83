/** The TLS handshake of `connect`. */
import { secureClient, type Wire } from "../../wire/index.ts";
import { tlsHandshake } from "../connection/tls-handshake.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import type { TlsClientSettings } from "../options/tls-client.ts";

/**
 * @param address the name of the target, for messages.
 * @throws {NetError} with stage `handshake`; then the wire is closed.
 */
export function secureWire(
  wire: Wire,
  parameters: TlsClientSettings & { readonly serverName: string },
  address: string,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  return tlsHandshake((signal) => secureClient(wire, parameters, signal), address, settings, untilMs);
}
