/** Options of `connect` to settings. */
import { parseHost } from "../../base/address/host.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { parseProxy, type Proxy } from "../../base/address/proxy.ts";
import { quote } from "../../base/text/quote.ts";
import type { Codec } from "../../codec/index.ts";
import type { Family, Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import type { RetrySchedule } from "./retry.ts";
import type { ConnectionOptions, ConnectionSettings } from "../connection/settings.ts";
import type { TlsClientOptions } from "../connection/start-tls.ts";
import { connectionSettings } from "./connection-settings.ts";
import { sentHeader, type HeaderOf, type SentProxyHeader } from "./proxy-protocol.ts";
import type { StartTlsProtocol } from "../starttls/protocols.ts";
import { tlsClientSettings, type TlsClientSettings } from "./tls-client.ts";
import { settle, type Settled } from "./settle.ts";

/** Options of `connect`. */
export interface ConnectOptions<In = Uint8Array, Out = In> extends ConnectionOptions {
  /** Turns bytes into messages and back. Default: bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Aborts connecting; has no effect on an open connection. */
  readonly signal?: AbortSignal | undefined;
  /** Uses only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** IP address of this machine to connect from. Default: the system chooses. */
  readonly localAddress?: string | undefined;
  /** Port to connect from. Default: the system chooses. */
  readonly localPort?: number | undefined;
  /** Timeout for resolving a name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** Timeout of connecting to all addresses together. */
  readonly connectTimeoutMs?: number | undefined;
  /** Head start of one address over the next. */
  readonly attemptDelayMs?: number | undefined;
  /** Resolves names. Default: the system's resolver. */
  readonly resolver?: Resolver | undefined;
  /**
   * Connects through a proxy: `socks5://host:port` or `http://host:port`, with `user:password@` before the
   * host if it requires them (percent-encoded). The proxy resolves the target's name; `family`,
   * `localAddress`, `localPort` and `resolver` apply to the proxy. Environment variables are not used.
   */
  readonly proxy?: string | undefined;
  /**
   * Sends a PROXY protocol header first, in front of all other bytes. `source` and `destination` are the addresses of
   * this connection unless set. Through a proxy, the header follows the proxy's answer.
   */
  readonly proxyProtocol?: SentProxyHeader | undefined;
  /** Timeout of the proxy's answer, once it is connected; it connects to the target in that time. */
  readonly proxyTimeoutMs?: number | undefined;
  /**
   * Speaks TLS, as in `tls: {}`. The certificate's authority, dates and name are checked. With `proxy`, TLS runs between
   * this machine and the target.
   */
  readonly tls?: TlsClientOptions | undefined;
  /**
   * Asks the server to start TLS, in the plain text of this protocol: `smtp`, `imap`, `pop3`, `ftp`, `ldap`, `postgres`,
   * `mysql`, `xmpp`, `irc`, `sieve` or `nntp`. Implies `tls: {}`. The connection then begins inside TLS, after the
   * server's consent. A server that does not offer TLS is an error.
   */
  readonly startTls?: StartTlsProtocol | undefined;
  /** Timeout of what is said before TLS with `startTls`. */
  readonly startTlsTimeoutMs?: number | undefined;
  /** Timeout of the TLS handshake. */
  readonly tlsHandshakeTimeoutMs?: number | undefined;
  /** When to attempt again after a failure, such as `backoff()`. Default: no retries. */
  readonly retry?: RetrySchedule | undefined;
  /** Timeout of connecting as a whole, with all retries and delays. Default: none. */
  readonly establishTimeoutMs?: number | undefined;
}

/** Options that the settings store in another form. */
type Other =
  | keyof ConnectionSettings
  | "codec"
  | "resolver"
  | "proxy"
  | "proxyProtocol"
  | "family"
  | "tls"
  | "startTls";

/** Options of `connect` with all defaults filled in. */
export interface ConnectSettings
  extends ConnectionSettings, Omit<Settled<"connect", ConnectOptions<never, never>>, Other> {
  readonly family: Family;
  readonly resolver: Resolver;
  readonly proxy: Proxy | undefined;
  /** Makes the PROXY protocol header to send. */
  readonly proxyHeader: HeaderOf | undefined;
  readonly tls: TlsClientSettings | undefined;
  /** Asks the server to start TLS. */
  readonly startTls: StartTlsProtocol | undefined;
  /** Reusable abort controllers, for callers that connect to thousands of targets. */
  readonly spareControllers?: AbortController[];
}

/** @throws {TypeError} with the option, its value and what is expected. */
export function connectSettings<In, Out>(options: ConnectOptions<In, Out>): ConnectSettings {
  const { codec: _, proxyProtocol, tls, startTls, ...settled } = settle("connect", options);
  const { localAddress, proxy } = settled;
  return {
    ...settled,
    ...connectionSettings(settled, options, "client"),
    localAddress: localAddressOf(localAddress),
    resolver: settled.resolver ?? createSystemResolver(),
    proxy: proxy === undefined ? undefined : parseProxy(proxy),
    tls: tls === undefined && startTls === undefined ? undefined : tlsClientSettings(tls ?? {}),
    startTls,
    proxyHeader: proxyProtocol && sentHeader(proxyProtocol),
  };
}

/**
 * The local address in its canonical spelling.
 *
 * @throws {TypeError} for a name: names are not resolved for the local end.
 */
export function localAddressOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (ipFamily(address) === undefined) {
    throw new TypeError(`localAddress: ${quote(address)} is not an IP address`);
  }
  return parseHost(address);
}
