/** Options of `connect` to settings. */
import { portNumber, text } from "../../base/arguments.ts";
import { parseHost } from "../../base/address/host.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { parseProxy, type Proxy } from "../../base/address/proxy.ts";
import { quote } from "../../base/text/quote.ts";
import type { Codec } from "../../codec/index.ts";
import type { Family, Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import type { RetrySchedule } from "./retry.ts";
import type { ConnectionOptions, ConnectionSettings } from "../connection/settings.ts";
import { connectionSettings } from "./connection-settings.ts";
import { settle, type Settled } from "./settle.ts";

/** Options of `connect`. */
export interface ConnectOptions<In = Uint8Array, Out = In> extends ConnectionOptions {
  /** Turns bytes into messages and back. Default: bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Aborts connecting; has no effect on an open connection. */
  readonly signal?: AbortSignal | undefined;
  /** Uses only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** The local address and port; the system chooses what you omit. */
  readonly from?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** Timeout of resolving the name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** Timeout of connecting to all addresses together. */
  readonly connectTimeoutMs?: number | undefined;
  /** Head start of one address over the next. */
  readonly attemptDelayMs?: number | undefined;
  /** Resolves names. Default: the system's resolver. */
  readonly resolver?: Resolver | undefined;
  /**
   * Connects through a proxy: `socks5://host:port` or `http://host:port`, with `user:password@` before the
   * host if it requires them (percent-encoded). The proxy resolves the target's name; `family`, `from` and
   * `resolver` apply to the proxy. Environment variables are not used.
   */
  readonly proxy?: string | undefined;
  /** Timeout of the proxy's answer, once it is connected; it connects to the target in that time. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** When to attempt again after a failure, such as `backoff()`. Default: no retries. */
  readonly retry?: RetrySchedule | undefined;
  /** Timeout of connecting as a whole, with all retries and delays. Default: none. */
  readonly establishTimeoutMs?: number | undefined;
}

/** Options that the settings store in another form. */
type Other = keyof ConnectionSettings | "codec" | "from" | "resolver" | "proxy" | "family";

/** Options of `connect` with all defaults filled in. */
export interface ConnectSettings
  extends ConnectionSettings, Omit<Settled<"connect", ConnectOptions<never, never>>, Other> {
  readonly family: Family;
  readonly from: { readonly host: string | undefined; readonly port: number | undefined } | undefined;
  readonly resolver: Resolver;
  readonly proxy: Proxy | undefined;
  /** Reusable abort controllers, for callers that connect to thousands of targets. */
  readonly spareControllers?: AbortController[];
}

/** @throws {TypeError} with the option, its value and what is expected. */
export function connectSettings<In, Out>(options: ConnectOptions<In, Out>): ConnectSettings {
  const { codec: _, ...settled } = settle("connect", options);
  const { from, proxy } = settled;
  return {
    ...settled,
    ...connectionSettings(settled, options, "client"),
    from: from && chosenEnd(localEnd(from)),
    resolver: settled.resolver ?? createSystemResolver(),
    proxy: proxy === undefined ? undefined : parseProxy(proxy),
  };
}

/** @throws {TypeError} for a name or an invalid port: the local host must be an IP address. */
export function localEnd(
  from: NonNullable<ConnectOptions<never, never>["from"]>,
): NonNullable<ConnectSettings["from"]> {
  checkOptions("from", from, {
    host: (_name, value) => text("from.host", value),
    port: (_name, value) => portNumber("from.port", value),
  });
  const { host, port } = from;
  if (host !== undefined && ipFamily(host) === undefined) {
    throw new TypeError(`from.host: ${quote(host)} is not an IP address`);
  }
  return { host: host === undefined ? undefined : parseHost(host), port };
}

/** `undefined` if the system chooses both: binding a socket first would occupy a port. */
function chosenEnd(from: NonNullable<ConnectSettings["from"]>): ConnectSettings["from"] {
  return from.host === undefined && from.port === undefined ? undefined : from;
}
