/**
 * The options of datagram sockets, checked at the door.
 */
import {
  abortSignal,
  callback,
  clock,
  flag,
  portNumber,
  record,
  shown,
  text,
  texts,
} from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { DatagramObservers } from "../../base/events.ts";
import { parseHost } from "../../base/address/host.ts";
import { isGroup } from "../../base/address/ip.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import { quote } from "../../base/text/quote.ts";
import { engineOf, type DatagramWireOptions, type Engine, type EngineChoice } from "../../wire/index.ts";
import { localEnd } from "./connect-settings.ts";
import { watch } from "../diagnostics.ts";
import type { Family, Resolver } from "../dns/resolver.ts";
import { createSystemResolver } from "../dns/system-resolver.ts";
import { count, duration, durationOf } from "../connection/settings.ts";

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

const datagramOptionChecks: OptionChecks<DatagramOptions> = {
  onEvent: callback,
  onDatagram: callback,
  idleTimeoutMs: true,
  inactivityTimeoutMs: true,
  receiveQueueBytesMax: true,
  writeQueueBytesMax: true,
  ttl: true,
  broadcast: flag,
  multicast: record,
  resolveTimeoutMs: true,
  resolver: callback,
  engine: engineOf,
  clock,
};

const bindOptionChecks: OptionChecks<BindUdpOptions> = {
  ...datagramOptionChecks,
  host: text,
  port: portNumber,
  reuseAddress: flag,
  ipv6Only: flag,
};

const dialOptionChecks: OptionChecks<ConnectUdpOptions> = {
  ...datagramOptionChecks,
  family: true,
  from: record,
  signal: abortSignal,
};

export interface DatagramSettings extends DatagramObservers {
  /** Whether `idleTimeoutMs` was given, and is no default. */
  readonly idleIsGiven: boolean;
  readonly idleTimeoutMs: number;
  readonly inactivityTimeoutMs: number;
  readonly receiveQueueBytesMax: number;
  readonly writeQueueBytesMax: number;
  readonly wire: DatagramWireOptions;
  readonly resolveTimeoutMs: number;
  readonly resolver: Resolver;
  readonly engine: Engine;
  readonly clock: Clock;
}

export interface BindSettings extends DatagramSettings {
  readonly host: string;
  readonly port: number;
}

export interface ConnectUdpSettings extends DatagramSettings {
  readonly family: Family;
  readonly from: { readonly host: string | undefined; readonly port: number | undefined };
  readonly signal: AbortSignal | undefined;
}

/** @throws {TypeError} naming the option, its value and what it should be. */
export function bindUdpSettings(options: BindUdpOptions): BindSettings {
  checkOptions("bind", options, bindOptionChecks);
  const { port = 0 } = options;
  const { reuseAddress = false, ipv6Only = false } = options;
  // Nobody has promised to send anything: who waits for the first datagram may wait for ever.
  const settings = datagramSettings(options, Infinity);
  return {
    ...settings,
    wire: { ...settings.wire, reuseAddress, ipv6Only },
    host: parseHost(options.host ?? "127.0.0.1"),
    port,
  };
}

/** @throws {TypeError} naming the option, its value and what it should be. */
export function connectUdpSettings(options: ConnectUdpOptions): ConnectUdpSettings {
  checkOptions("dial", options, dialOptionChecks);
  const { family, from = {}, signal } = options;
  if (family !== undefined && family !== 4 && family !== 6) {
    throw new TypeError(`family: ${shown(family)} is not 4 or 6`);
  }
  const settings = datagramSettings(options, limits.clientIdleTimeoutMs.value);
  return { ...settings, family, from: localEnd(from), signal };
}

function datagramSettings(options: DatagramOptions, idleTimeoutMs: number): DatagramSettings {
  const { ttl, broadcast = false, multicast = {} } = options;
  if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= 1 && ttl <= 255)) {
    throw new TypeError(`ttl: ${shown(ttl)} is not a whole number from 1 to 255`);
  }
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
    idleIsGiven: options.idleTimeoutMs !== undefined,
    idleTimeoutMs: duration("idleTimeoutMs", options.idleTimeoutMs ?? idleTimeoutMs),
    inactivityTimeoutMs: durationOf("inactivityTimeoutMs", options.inactivityTimeoutMs ?? Infinity),
    receiveQueueBytesMax: count("receiveQueueBytesMax", options.receiveQueueBytesMax, 1),
    writeQueueBytesMax: count("writeQueueBytesMax", options.writeQueueBytesMax, 1),
    wire: {
      remote: undefined,
      reuseAddress: false,
      ipv6Only: false,
      ttl,
      broadcast,
      multicast: { groups, interface: multicast.interface, loopback },
    },
    resolveTimeoutMs: duration("resolveTimeoutMs", options.resolveTimeoutMs),
    resolver: options.resolver ?? createSystemResolver(),
    engine: engineOf("engine", options.engine),
    clock: options.clock ?? systemClock,
    onEvent: watch(options.onEvent, "client").onEvent,
    onDatagram: options.onDatagram,
  };
}
