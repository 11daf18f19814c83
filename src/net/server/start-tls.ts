/** TLS on an open connection of a server. */
import { formatAddress } from "../../base/address/address.ts";
import { abortSignal, duration, record } from "../../base/arguments.ts";
import { secureServer, type TlsServerParameters } from "../../wire/index.ts";
import type { MakeSecure, StartTlsServerOptions } from "../connection/start-tls.ts";
import { tlsHandshake } from "../connection/tls-handshake.ts";
import type { ServerSettings } from "../options/server-settings.ts";
import { tlsServerParameters } from "../options/tls-server.ts";

/** Prepares handshakes. The certificates of one object are prepared once for all clients. */
export class ServerStartTls {
  readonly #settings: ServerSettings;
  readonly #prepared = new WeakMap<object, TlsServerParameters>();

  constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  /** @throws {TypeError} for an invalid option. */
  handshake(options: StartTlsServerOptions): MakeSecure {
    record("startTls: options", options);
    const { clock } = this.#settings;
    const { signal, tlsHandshakeTimeoutMs = this.#settings.tlsHandshakeTimeoutMs, ...tls } = options;
    if (signal !== undefined) abortSignal("startTls: signal", signal);
    duration("startTls: tlsHandshakeTimeoutMs", tlsHandshakeTimeoutMs);
    const parameters = this.#prepared.get(options) ?? tlsServerParameters(tls);
    this.#prepared.set(options, parameters);
    return (below) =>
      tlsHandshake(
        (aborted) => secureServer(below, parameters, aborted),
        formatAddress(below.remote ?? below.local),
        { clock, signal, tlsHandshakeTimeoutMs },
        Infinity,
      );
  }
}
