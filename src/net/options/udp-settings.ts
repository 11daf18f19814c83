/**
 * The options of datagram sockets, checked at the door.
 */
import { flag, text, texts } from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { DatagramObservers } from "../../base/events.ts";
import { parseHost } from "../../base/address/host.ts";
import { isGroup } from "../../base/address/ip.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { quote } from "../../base/text/quote.ts";
import { engineOf, type DatagramWireOptions, type Engine, type EngineChoice } from "../../wire/index.ts";
import { localEnd } from "./connect-settings.ts";
import { watch } from "../diagnostics.ts";
import type { Family, Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import { settle, type Settled } from "./settle.ts";

/** Options that every datagram socket has. Milliseconds; `Infinity` turns a deadline off. */
export interface DatagramOptions extends DatagramObservers {
  /**
   * Ends the socket when nothing has come for so long while somebody waited; the reader's own time does not count. The
   * default does not count during a `receive` with a `timeoutMs`; what is given here does.
   */
  readonly idleTimeoutMs?: number | undefined;
  /** Ends the socket when nothing was sent or received for so long while a reader waited; `Infinity` unless set. */
  readonly inactivityTimeoutMs?: number | undefined;
  /** Bytes that may wait to be read, with 256 for each datagram; those beyond are dropped and counted. */
  readonly receiveQueueBytesMax?: number | undefined;
  /** Bytes that may wait to be sent; a send past it is rejected. */
  readonly writeQueueBytesMax?: number | undefined;
  /** Routers that a datagram may cross, 1 to 255; the system decides unless set. */
  readonly ttl?: number | undefined;
  /** Lets datagrams be sent to everybody on a network, as 255.255.255.255. */
  readonly broadcast?: boolean | undefined;
  /** Groups to hear, and the way to groups. */
  readonly multicast?:
    | {
        /** Group addresses to hear, as 239.1.2.3, ff02::1234 or ff02::1234%eth0. */
        readonly groups?: readonly string[] | undefined;
        /** For IPv4 an address of this machine, for IPv6 the name of an interface; the system chooses unless set. */
        readonly interface?: string | undefined;
        /** Whether this machine hears what it sends to a group; it does unless `false`. */
        readonly loopback?: boolean | undefined;
      }
    | undefined;
  readonly resolveTimeoutMs?: number | undefined;
  readonly resolver?: Resolver | undefined;
  /**
   * What moves the datagrams, or its name. Unless given, the environment variable `PORTCALL_ENGINE` names it. Unless
   * that is set, it is `auto`, the fastest that works here: `epoll` on Linux, where the addon loads, else `portable`
   * (node:dgram).
   */
  readonly engine?: Engine | EngineChoice | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** Options of `bind`. */
export interface BindUdpOptions extends DatagramOptions {
  /** Address or name to be reached at; 127.0.0.1 unless set. `0.0.0.0` and `::` mean everyone. */
  readonly host?: string | undefined;
  /** Port to be reached at; 0 lets the system choose, as does leaving it out. */
  readonly port?: number | undefined;
  /** Lets several sockets have the address, if all of them say so; for groups. */
  readonly reuseAddress?: boolean | undefined;
  /** On an IPv6 address: leave IPv4 to others. */
  readonly ipv6Only?: boolean | undefined;
}

/** Options of `dial`. */
export interface ConnectUdpOptions extends DatagramOptions {
  /** Uses only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** The local end; the system chooses what is left out. */
  readonly from?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** Gives up the look-up of the name; has no effect on an open socket. */
  readonly signal?: AbortSignal | undefined;
}

/** Options that the settings have as something else. */
type Other =
  | keyof DatagramObservers
  | ("ttl" | "broadcast" | "multicast" | "reuseAddress" | "ipv6Only")
  | ("family" | "from" | "resolver" | "engine" | "clock");

export interface DatagramSettings
  extends DatagramObservers, Omit<Settled<"bindUdp" | "connectUdp", DatagramOptions>, Other> {
  /** Whether `idleTimeoutMs` was given, and is no default. */
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
  readonly from: { readonly host: string | undefined; readonly port: number | undefined };
}

/** @throws {TypeError} naming the option, its value and what it should be. */
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

/** @throws {TypeError} naming the option, its value and what it should be. */
export function connectUdpSettings(options: ConnectUdpOptions): ConnectUdpSettings {
  const settled = settle("connectUdp", options);
  const { family, from = {}, signal } = settled;
  return { ...datagramSettings(settled, options), family, from: localEnd(from), signal };
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
