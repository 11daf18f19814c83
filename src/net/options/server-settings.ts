/**
 * The options of a server, checked at the door.
 */
import { shown } from "../../base/arguments.ts";
import type { NetError } from "../../base/errors.ts";
import { parseUnixPath } from "../../base/address/address.ts";
import { encodeText } from "../../base/bytes.ts";
import { parseAddressBlock, type AddressBlock } from "../../base/address/address-block.ts";
import { parseHost } from "../../base/address/host.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { Codec } from "../../codec/index.ts";
import { checkDescriptor } from "./listen-fd.ts";
import type { RawConnection } from "../connection/raw-connection.ts";
import type { Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import type { ConnectionOptions, ConnectionSettings } from "../connection/settings.ts";
import { refuseOnUnix } from "./checks.ts";
import { connectionSettings } from "./connection-settings.ts";
import { settle, type Settled } from "./settle.ts";

/** Options of `serve`. */
export interface ServeOptions<In = Uint8Array, Out = In> extends ConnectionOptions {
  /** Address or name to listen on; 127.0.0.1 unless set. `0.0.0.0` and `::` mean everyone. */
  readonly host?: string | undefined;
  /** Port to listen on; 0 lets the system choose, as does leaving it out. */
  readonly port?: number | undefined;
  /** Path of a Unix socket to listen on instead; `@name` is abstract. */
  readonly path?: string | undefined;
  /**
   * A descriptor to listen on instead, of a TCP or a Unix socket that listens already: what a service manager
   * hands over (systemd's first is 3), or a parent. It is the server's, and closed with it.
   */
  readonly fd?: number | undefined;
  /** Turns bytes into messages and back; without one, both are bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Clients that the kernel lets wait to be accepted. */
  readonly backlog?: number | undefined;
  /** On an IPv6 address: do not take IPv4 clients too. */
  readonly ipv6Only?: boolean | undefined;
  /**
   * Shares the address with others who ask for it too, of the same user: in other threads, other processes
   * (SO_REUSEPORT). The kernel chooses among them for each client. Needs the epoll engine.
   */
  readonly reusePort?: boolean | undefined;
  /**
   * In a worker of node:cluster, binds an address of the worker's own instead of sharing one with the other workers.
   * The native engines always do. No effect in other processes.
   */
  readonly exclusive?: boolean | undefined;
  /** Clients served at once; those beyond wait untouched, in their order. */
  readonly concurrency?: number | undefined;
  /** Clients held at once, served or waiting; those beyond are refused. */
  readonly connectionsMax?: number | undefined;
  /** Bytes that may wait to be sent on all connections together; past it, the longest queue's connection is closed. */
  readonly totalWriteQueueBytesMax?: number | undefined;
  /**
   * Clients held at once from one source: an IPv4 address, or the first 64 bits of an
   * IPv6 one. No limit unless set.
   */
  readonly connectionsPerSourceMax?: number | undefined;
  /** How many connections one source may open in how long; no limit unless set. */
  readonly connectionsPerSourceRate?: ConnectionRate | undefined;
  /** The only addresses whose clients are let in, and blocks of them (`10.0.0.0/8`); everybody's unless set. */
  readonly allow?: readonly string[] | undefined;
  /** Addresses whose clients are not let in, though `allow` has them. They are reset, without a word. */
  readonly deny?: readonly string[] | undefined;
  /** Descriptors left free for the rest of the process. */
  readonly descriptorReserve?: number | undefined;
  /** After so many clients: stop listening, and close when they have ended. */
  readonly acceptMax?: number | undefined;
  /** What a refused client is told before its connection is closed. */
  readonly refusal?: string | undefined;
  /**
   * What a client is sent when a deadline closes its connection while we wait for it, as in "421 timeout\r\n". It goes
   * to the peer as it stands, past codec and layer. Nothing is sent to a client that does not read
   * (`writeStallTimeoutMs`). The connection then ends as by `close()`, and its `CloseInfo` is still the time-out.
   */
  readonly farewell?: string | undefined;
  readonly resolveTimeoutMs?: number | undefined;
  readonly resolver?: Resolver | undefined;
  /**
   * Told of every error that a handler did not catch, and of failures to accept.
   * The library prints nothing: without this, `onEvent` or `connection.closed`,
   * nobody hears of them.
   */
  readonly onError?: ((error: NetError, connection: RawConnection | undefined) => void) | undefined;
}

/** How many connections one source may open in a period, at once or spread. */
export interface ConnectionRate {
  readonly connections: number;
  readonly perMs: number;
}

/** Which clients are accepted. */
export interface AdmissionRules {
  readonly connectionsMax: number;
  readonly connectionsPerSourceMax: number;
  readonly connectionsPerSourceRate: ConnectionRate | undefined;
  readonly descriptorReserve: number;
  /** Who may come in; `undefined` is everybody. */
  readonly allow: readonly AddressBlock[] | undefined;
  /** Who may not, though `allow` has them. */
  readonly deny: readonly AddressBlock[];
}

/** Options that the settings have as something else. */
type Other = keyof ConnectionSettings | keyof AdmissionRules | "codec" | "resolver" | "farewell";

export interface ServerSettings
  extends ConnectionSettings, AdmissionRules, Omit<Settled<"serve", ServeOptions<never, never>>, Other> {
  readonly resolver: Resolver;
}

/** @throws {TypeError} naming the option, its value and what it should be. */
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
