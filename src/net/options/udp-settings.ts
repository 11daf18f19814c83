/** Options of datagram sockets to settings. */
import { flag, text, texts } from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { DatagramObservers } from "../../base/events.ts";
import { parseHost } from "../../base/address/host.ts";
import { isGroup } from "../../base/address/ip.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { quote } from "../../base/text/quote.ts";
import { engineOf, type DatagramWireOptions, type Engine, type EngineChoice } from "../../wire/index.ts";
import { localAddressOf } from "./connect-settings.ts";
import { watch } from "../diagnostics.ts";
import type { Family, Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import { settle, type Settled } from "./settle.ts";

/** Options of every datagram socket. Times are in milliseconds; `Infinity` disables a timeout. */
export interface DatagramOptions extends DatagramObservers {
  /**
   * Closes the socket when nothing has been received for this long while a read waits. Time between reads does not
   * count. The default does not apply to a `receive` with its own `timeoutMs`; a value that you set here does.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** Closes the socket when nothing has been sent or received for this long while a read waits. Default: `Infinity`. */
  readonly inactivityTimeoutMs?: number | undefined;
  /** Bytes of datagrams that wait to be read, each with 256 bytes of overhead; further ones are dropped and counted. */
  readonly receiveQueueBytesMax?: number | undefined;
  /** Bytes that may be queued for sending; a send beyond it is rejected. */
  readonly writeQueueBytesMax?: number | undefined;
  /** Time to live: number of routers that a datagram may cross, 1 to 255. Default: the system's. */
  readonly ttl?: number | undefined;
  /** Allows datagrams to a broadcast address, such as 255.255.255.255. */
  readonly broadcast?: boolean | undefined;
  /**
   * Multicast: groups to join, and how to send to groups.
   *
   * - `groups`: group addresses to join, such as 239.1.2.3, ff02::1234 or ff02::1234%eth0.
   * - `interface`: for IPv4 an address of this machine, for IPv6 the name of an interface. Default: the system chooses.
   * - `loopback`: whether this machine receives what it sends to a group. Default: `true`.
   */
  readonly multicast?:
    | {
        readonly groups?: readonly string[] | undefined;
        readonly interface?: string | undefined;
        readonly loopback?: boolean | undefined;
      }
    | undefined;
  /** Timeout for resolving a name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** Resolves names. Default: the system's resolver. */
  readonly resolver?: Resolver | undefined;
  /**
   * The engine, or its name. The default is the environment variable `PORTCALL_ENGINE`, and without that `auto`: the
   * fastest engine that works on this system. That is `epoll` on Linux if the addon loads, else `portable` (node:dgram).
   */
  readonly engine?: Engine | EngineChoice | undefined;
  /** The source of time. */
  readonly clock?: Clock | undefined;
}

/** Options of `bindUdp`. */
export interface BindUdpOptions extends DatagramOptions {
  /** Address or name to bind. Default: 127.0.0.1. `0.0.0.0` and `::` receive from all networks. */
  readonly host?: string | undefined;
  /** Port to bind. Default: 0, which lets the system choose. */
  readonly port?: number | undefined;
  /** Allows several sockets on the same address, if all of them set this option; for multicast. */
  readonly reuseAddress?: boolean | undefined;
  /** On an IPv6 address: does not receive over IPv4. */
  readonly ipv6Only?: boolean | undefined;
}

/** Options of `connectUdp`. */
export interface ConnectUdpOptions extends DatagramOptions {
  /** Uses only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** IP address of this machine to send from. Default: the system chooses. */
  readonly localAddress?: string | undefined;
  /** Port to send from. Default: the system chooses. */
  readonly localPort?: number | undefined;
  /** Aborts resolving the name; has no effect on an open socket. */
  readonly signal?: AbortSignal | undefined;
}

/** Options that the settings have as something else. */
type Other =
  | keyof DatagramObservers
  | ("ttl" | "broadcast" | "multicast" | "reuseAddress" | "ipv6Only")
  | ("family" | "resolver" | "engine" | "clock");

export interface DatagramSettings
  extends DatagramObservers, Omit<Settled<"bindUdp" | "connectUdp", DatagramOptions>, Other> {
  /** Whether `idleTimeoutMs` was set explicitly. */
  readonly idleIsGiven: boolean;
  readonly wire: DatagramWireOptions;
  readonly resolver: Resolver;
  readonly engine: Engine;
  readonly clock: Clock;
}

export interface BindSettings
  extends DatagramSettings, Omit<Settled<"bindUdp", BindUdpOptions>, Other | keyof DatagramSettings> {}

export interface ConnectUdpSettings
  extends DatagramSettings, Omit<Settled<"connectUdp", ConnectUdpOptions>, Other | keyof DatagramSettings> {
  readonly family: Family;
}

/** @throws {TypeError} with the option, its value and what is expected. */
export function bindUdpSettings(options: BindUdpOptions): BindSettings {
  const settled = settle("bindUdp", options);
  const { reuseAddress, ipv6Only } = settled;
  const settings = datagramSettings(settled, options);
  return {
    ...settings,
    wire: { ...settings.wire, reuseAddress, ipv6Only },
    host: parseHost(settled.host),
    port: settled.port,
  };
}

/** @throws {TypeError} with the option, its value and what is expected. */
export function connectUdpSettings(options: ConnectUdpOptions): ConnectUdpSettings {
  const settled = settle("connectUdp", options);
  const { family, localAddress, localPort, signal } = settled;
  return {
    ...datagramSettings(settled, options),
    family,
    localAddress: localAddressOf(localAddress),
    localPort,
    signal,
  };
}

function datagramSettings(
  settled: Settled<"bindUdp" | "connectUdp", DatagramOptions>,
  given: DatagramOptions,
): DatagramSettings {
  const { ttl, broadcast, multicast = {} } = settled;
  checkOptions("multicast", multicast, {
    groups: (name, value) => texts(`multicast.${name}`, value, '["239.1.2.3"]'),
    interface: (name, value) => text(`multicast.${name}`, value),
    loopback: (name, value) => flag(`multicast.${name}`, value),
  });
  const { groups = [], loopback = true } = multicast;
  for (const group of groups) {
    if (!isGroup(group))
      throw new TypeError(`multicast.groups: ${quote(group)} is not the address of a group`);
  }
  return {
    ...settled,
    idleIsGiven: given.idleTimeoutMs !== undefined,
    wire: {
      remote: undefined,
      reuseAddress: false,
      ipv6Only: false,
      ttl,
      broadcast,
      multicast: { groups, interface: multicast.interface, loopback },
    },
    resolver: settled.resolver ?? createSystemResolver(),
    engine: engineOf("engine", settled.engine),
    clock: settled.clock ?? systemClock,
    onEvent: watch(settled.onEvent, "client").onEvent,
  };
}
