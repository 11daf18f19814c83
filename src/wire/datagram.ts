/**
 * The contract for datagrams: the part of an engine's contract that is for UDP.
 *
 * A datagram wire is one open socket. It delivers each datagram whole or not at all, and closes once. It queues
 * nothing that it has received: the network may lose a datagram anywhere, so an owner without room drops it, and can
 * count that. As with `Wire`, events are plain calls, and a view is valid only during the call unless the engine says
 * that its views are stable.
 *
 *     openDatagrams ──▶ idle ── start() ──▶ open ── close() ──▶ closed()
 *                                     received*  failed*    exactly once, last
 */
import type { UdpAddress } from "../base/address/address.ts";
import type { WireError } from "./wire-error.ts";

/** The most bytes in one datagram: 65 535 less the headers, which count too. */
export const datagramBytesMax: Readonly<Record<UdpAddress["family"], number>> = {
  4: 65_507,
  6: 65_527,
};

/** Events of a datagram wire. No event before `start` or after `closed`. */
export interface DatagramWireEvents {
  /**
   * A datagram arrived, perhaps an empty one. `local` is the address that it was sent to: an address of this machine,
   * a group or a broadcast address. An engine that does not know it passes the address that the wire is bound to.
   */
  received(view: Uint8Array, from: UdpAddress, local: UdpAddress): void;
  /**
   * The network rejected a datagram that had been sent (on a connected wire: ECONNREFUSED), or receiving failed. The
   * wire stays open.
   */
  failed(error: WireError): void;
  /** The wire has closed, by `close()`. */
  closed(): void;
}

/** One open datagram socket. */
export interface DatagramWire {
  /** The bound address, with the actual port instead of port 0. */
  readonly local: UdpAddress;
  /** The peer of a connected wire: it sends to and receives from this address only. */
  readonly remote: UdpAddress | undefined;
  /** Whether the bytes passed to `received` stay valid after the call. */
  readonly stableViews: boolean;
  /** Sets the receiver of events. Call it exactly once; datagrams that arrived before may be lost. */
  start(events: DatagramWireEvents): void;
  /**
   * Sends one datagram to `to`, or to the peer of a connected wire. The source is `local`, if this machine can send
   * from that address, or else the address that the system chooses.
   *
   * Calls `done` once, never during the call, and without an error when the system has taken the datagram. The bytes
   * must not change until then. An error concerns this datagram only. `failed` reports the rejection of an earlier
   * one.
   */
  send(
    bytes: Uint8Array,
    to: UdpAddress | undefined,
    local: UdpAddress | undefined,
    done: (error: WireError | undefined) => void,
  ): void;
  /** Sets whether the wire keeps the process alive. Default: it does. */
  holdProcess(holds: boolean): void;
  /** Bytes given to `send` that the system has not taken. */
  readonly pendingBytes: number;
  /** Closes at once. `done` reports ECANCELED for datagrams that the system has not taken. */
  close(): void;
}

/** Options of a datagram wire. */
export interface DatagramWireOptions {
  /** The only peer to send to and receive from. */
  readonly remote: UdpAddress | undefined;
  /** Lets several sockets use the address, if all of them set this. */
  readonly reuseAddress: boolean;
  /** On an IPv6 address: do not accept IPv4. */
  readonly ipv6Only: boolean;
  /** How many routers a datagram may cross; `undefined` keeps the system's default. */
  readonly ttl: number | undefined;
  /** Allows sending to broadcast addresses. */
  readonly broadcast: boolean;
  /** Groups to join, and how to send to groups. */
  readonly multicast: {
    readonly groups: readonly string[];
    /**
     * For IPv4 an address of this machine, for IPv6 the name of an interface; `undefined` lets the system choose. A
     * group's zone takes precedence.
     */
    readonly interface: string | undefined;
    /** Whether this machine receives its own datagrams to a group. */
    readonly loopback: boolean;
  };
}
