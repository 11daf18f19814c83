/** Options of `serve` to settings. */
import { shown } from "../../base/arguments.ts";
import type { NetError } from "../../base/errors.ts";
import { parseUnixPath } from "../../base/address/address.ts";
import { encodeText } from "../../base/bytes.ts";
import { parseAddressBlock, type AddressBlock } from "../../base/address/address-block.ts";
import { parseHost } from "../../base/address/host.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { Codec } from "../../codec/index.ts";
import type { TlsServerParameters } from "../../wire/index.ts";
import { checkDescriptor } from "./listen-fd.ts";
import type { RawConnection } from "../connection/raw-connection.ts";
import type { Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import type { ConnectionOptions, ConnectionSettings } from "../connection/settings.ts";
import { refuseOnUnix } from "./checks.ts";
import { connectionSettings } from "./connection-settings.ts";
import { proxyProtocolRules, type ProxyProtocolRules, type ReceivedProxyOptions } from "./proxy-protocol.ts";
import { settle, type Settled } from "./settle.ts";
import type { TlsServerOptions } from "../connection/start-tls.ts";
import { tlsServerParameters } from "./tls-server.ts";

/** Options of `serve`. */
export interface ServeOptions<In = Uint8Array, Out = In> extends ConnectionOptions {
  /** Address or name to listen on. Default: 127.0.0.1. `0.0.0.0` and `::` accept clients from all networks. */
  readonly host?: string | undefined;
  /** Port to listen on. Default: 0, which lets the system choose. */
  readonly port?: number | undefined;
  /** Path of a Unix socket to listen on instead; `@name` is abstract. */
  readonly path?: string | undefined;
  /**
   * A descriptor to listen on instead: a TCP or Unix socket that already listens, inherited from a service manager
   * (systemd's first is 3) or another parent. The server owns it, and closes it.
   */
  readonly fd?: number | undefined;
  /** Turns bytes into messages and back. Default: bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Clients that the kernel queues until they are accepted. */
  readonly backlog?: number | undefined;
  /** On an IPv6 address: does not accept IPv4 clients. */
  readonly ipv6Only?: boolean | undefined;
  /**
   * Shares the address with other sockets of the same user that set this option, in other threads or processes
   * (SO_REUSEPORT). The kernel distributes clients among them. Requires a native engine, `epoll` or `io_uring`.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * In a worker of node:cluster, binds an address of the worker's own instead of sharing one with the other workers.
   * The native engines always do. No effect in other processes.
   */
  readonly exclusive?: boolean | undefined;
  /** Clients served at once; further ones wait in order. */
  readonly concurrency?: number | undefined;
  /** Connections open at once, served or waiting; further clients are refused. */
  readonly connectionsMax?: number | undefined;
  /** Bytes queued for sending on all connections together; beyond it, the connection with the longest queue is closed. */
  readonly totalWriteQueueBytesMax?: number | undefined;
  /**
   * Connections open at once from one source: an IPv4 address, or the first 64 bits of an IPv6 address. Default: no
   * limit.
   */
  readonly connectionsPerSourceMax?: number | undefined;
  /** Number of connections that one source may open in a period. Default: no limit. */
  readonly connectionsPerSourceRate?: ConnectionRate | undefined;
  /** Client addresses or CIDR blocks to accept, such as `10.0.0.0/8`. Default: all. */
  readonly allow?: readonly string[] | undefined;
  /** Client addresses or CIDR blocks to reset, even if `allow` contains them. They get no message. */
  readonly deny?: readonly string[] | undefined;
  /**
   * Reads a PROXY protocol header in front of the bytes of each connection from a load balancer. `remote` is then the
   * client that the header names; limits per source, `allow` and `deny` apply to that client.
   */
  readonly proxyProtocol?: ReceivedProxyOptions | undefined;
  /**
   * Speaks TLS with every client, as in `tls: { cert, key }`. With `proxyProtocol`, TLS follows the header. A client that
   * fails the handshake is an event, `tlsHandshakeFailed`, and reaches no handler.
   */
  readonly tls?: TlsServerOptions | undefined;
  /** Timeout of the TLS handshake with a client. */
  readonly tlsHandshakeTimeoutMs?: number | undefined;
  /** Descriptors to leave free for the rest of the process. */
  readonly descriptorReserve?: number | undefined;
  /** Number of clients after which the server stops listening, and closes when they have finished. */
  readonly acceptMax?: number | undefined;
  /** Message to a refused client before its connection is closed. */
  readonly refusal?: string | undefined;
  /**
   * Message to a client when a timeout closes its connection while the server waits for it, such as "421 timeout\r\n".
   * Sent unchanged, without codec and layer. Not sent to a client that does not read (`writeStallTimeoutMs`). The
   * connection then closes as with `close()`, and its `CloseInfo` has the timeout.
   */
  readonly farewell?: string | undefined;
  /** Timeout for resolving a name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** Resolves names. Default: the system's resolver. */
  readonly resolver?: Resolver | undefined;
  /** Closes the server when it is aborted, as `close()` does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives every error that a handler does not catch, and failures to accept. Without it, and without `onEvent`, such
   * an error is a process warning, once for each code. How a connection closed is not such an error: see `CloseInfo`.
   */
  readonly onError?: ((error: NetError, connection: RawConnection | undefined) => void) | undefined;
}

/** The number of connections that one source may open in a period, at once or spread. */
export interface ConnectionRate {
  /** Number of connections: a whole number of 1 or more. */
  readonly connections: number;
  /** The period in milliseconds. */
  readonly perMs: number;
}

/** The rules of which clients are accepted. */
export interface AdmissionRules {
  readonly connectionsMax: number;
  readonly connectionsPerSourceMax: number;
  readonly connectionsPerSourceRate: ConnectionRate | undefined;
  readonly descriptorReserve: number;
  /** Accepted addresses; `undefined` accepts all. */
  readonly allow: readonly AddressBlock[] | undefined;
  /** Refused addresses, even if `allow` contains them. */
  readonly deny: readonly AddressBlock[];
}

/** Options that the settings have as something else. */
type Other =
  | keyof ConnectionSettings
  | keyof AdmissionRules
  | "codec"
  | "resolver"
  | "farewell"
  | "proxyProtocol"
  | "tls";

export interface ServerSettings
  extends ConnectionSettings, AdmissionRules, Omit<Settled<"serve", ServeOptions<never, never>>, Other> {
  readonly resolver: Resolver;
  readonly proxyProtocol: ProxyProtocolRules | undefined;
  readonly tls: TlsServerParameters | undefined;
}

/** @throws {TypeError} with the option, its value and what is expected. */
export function serverSettings<In, Out>(options: ServeOptions<In, Out>): ServerSettings {
  const { codec: _, ...settled } = settle("serve", options);
  const { path, allow, deny = [], farewell, connectionsPerSourceRate: rate } = settled;
  if (path !== undefined && (options.host !== undefined || options.port !== undefined)) {
    throw new TypeError(`path: ${path} is a Unix socket; leave out host and port`);
  }
  if (path !== undefined) refuseOnUnix("serve", options, path);
  const settings = connectionSettings(settled, options, "server");
  if (options.fd !== undefined) checkDescriptor(options, settings.engine);
  return {
    ...settled,
    ...settings,
    host: parseHost(settled.host),
    path: path === undefined ? undefined : parseUnixPath(path),
    connectionsPerSourceRate: rate && rateOf(rate),
    allow: allow && blocksOf("allow", allow),
    deny: blocksOf("deny", deny),
    proxyProtocol: settled.proxyProtocol && proxyProtocolRules(settled.proxyProtocol, path),
    tls: settled.tls && tlsServerParameters(settled.tls),
    farewell: farewell === undefined ? undefined : encodeText(farewell),
    resolver: settled.resolver ?? createSystemResolver(),
  };
}

function blocksOf(name: "allow" | "deny", blocks: readonly string[]): AddressBlock[] {
  return blocks.map((block) => {
    try {
      return parseAddressBlock(block);
    } catch (error) {
      throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
    }
  });
}

function rateOf(rate: ConnectionRate): ConnectionRate {
  const name = "connectionsPerSourceRate";
  checkOptions(name, rate, { connections: true, perMs: true });
  const { connections, perMs } = rate;
  if (!(Number.isSafeInteger(connections) && connections >= 1)) {
    throw new TypeError(`${name}.connections: ${shown(connections)} is not a whole number of 1 or more`);
  }
  if (!(typeof perMs === "number" && perMs > 0 && perMs < Infinity)) {
    throw new TypeError(`${name}.perMs: ${shown(perMs)} is not a number of milliseconds above 0`);
  }
  return { connections, perMs };
}
