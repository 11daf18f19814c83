/**
 * Options of `connect` in, settings out.
 */
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
  /** Turns bytes into messages and back; without one, both are bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Gives up establishing; has no effect on an open connection. */
  readonly signal?: AbortSignal | undefined;
  /** Uses only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** The local end; the system chooses what is left out. */
  readonly from?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** For the whole look-up of the name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** For connecting to all addresses together. */
  readonly connectTimeoutMs?: number | undefined;
  /** The head start of one address over the next. */
  readonly attemptDelayMs?: number | undefined;
  /** Finds the addresses of a name; this machine's unless given. */
  readonly resolver?: Resolver | undefined;
  /**
   * Connects by way of a proxy: `socks5://host:port` or `http://host:port`, with
   * `user:password@` before the host if it asks for them (percent-encoded). The proxy
   * looks the target's name up; `family`, `from` and `resolver` are for reaching the
   * proxy itself. No environment variable is asked.
   */
  readonly proxy?: string | undefined;
  /** For the proxy to answer, once it is reached; it connects to the target in that time. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** When to try again what has failed, as `backoff` says; without it, one failure is the last. */
  readonly retry?: RetrySchedule | undefined;
  /** For establishing as a whole, with every try and every pause; no limit unless given. */
  readonly establishTimeoutMs?: number | undefined;
}

/** Options that the settings have as something else. */
type Other = keyof ConnectionSettings | "codec" | "from" | "resolver" | "proxy" | "family";

/** The same, complete. */
export interface ConnectSettings
  extends ConnectionSettings, Omit<Settled<"connect", ConnectOptions<never, never>>, Other> {
  readonly family: Family;
  readonly from: { readonly host: string | undefined; readonly port: number | undefined } | undefined;
  readonly resolver: Resolver;
  readonly proxy: Proxy | undefined;
  /** For callers that connect to thousands of targets: controllers of earlier attempts, to be used again. */
  readonly spareControllers?: AbortController[];
}

/** @throws {TypeError} naming the option, its value and what it should be. */
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

/** @throws {TypeError} for a name, or a port that is none: nothing is looked up for the local end. */
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

/** Nothing, where both are left to the system: then no socket is bound for it, which would take a port. */
function chosenEnd(from: NonNullable<ConnectSettings["from"]>): ConnectSettings["from"] {
  return from.host === undefined && from.port === undefined ? undefined : from;
}
