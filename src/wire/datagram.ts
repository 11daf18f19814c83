/**
 * The seam for datagrams: the part of an engine's contract that is for UDP.
 *
 * A datagram wire is one open socket: it delivers each datagram whole or not at all,
 * takes those that go, and ends once, when it is closed. It queues nothing that has
 * come: the network may lose a datagram anywhere, so whoever has no room for one loses
 * it himself, and can count it. As with `Wire`, events are plain calls, and a view is
 * valid only during the call unless the engine says that its views are stable.
 *
 *     openDatagrams ──▶ idle ── start() ──▶ open ── close() ──▶ closed()
 *                                     received*  failed*    exactly once, last
 */
import type { UdpAddress } from "../base/address/address.ts";
import type { WireError } from "./wire-error.ts";

/** The most bytes that one datagram holds: 65 535 less the headers that count against it. */
export const datagramBytesMax: Readonly<Record<UdpAddress["family"], number>> = {
  ipv4: 65_507,
  ipv6: 65_527,
};

/** What a datagram wire tells its owner. No call is made before `start` or after `closed`. */
export interface DatagramWireEvents {
  /**
   * A datagram came, perhaps an empty one. `local` is where it was sent to: an address of this machine, a group or a
   * broadcast address. An engine that cannot tell gives the address that the wire is bound to.
   */
  received(view: Uint8Array, from: UdpAddress, local: UdpAddress): void;
  /**
   * The network refused a datagram that had been sent (of a dialed wire: nobody
   * listens there, ECONNREFUSED), or receiving failed. The wire goes on.
   */
  failed(error: WireError): void;
  /** It is over, by `close()`. */
  closed(): void;
}

/** One open datagram socket. */
export interface DatagramWire {
  /** Where it really is: port 0 has become a number. */
  readonly local: UdpAddress;
  /** The peer, if it was dialed: nobody else is heard, or can be sent to. */
  readonly remote: UdpAddress | undefined;
  /** Hands over the receiver of events. Called exactly once; what came before may be lost. */
  start(events: DatagramWireEvents): void;
  /**
   * Sends one datagram to `to`, or to the peer if the wire was dialed; from `local`, if that is an address that this
   * machine can send from, and otherwise from the one that the system chooses. Calls `done` once,
   * never during the call: without an error when the system has taken the datagram, whose
   * bytes must not change until then. A failure is of this datagram alone; a refusal of an
   * earlier one is told by `failed`, and never here.
   */
  send(
    bytes: Uint8Array,
    to: UdpAddress | undefined,
    local: UdpAddress | undefined,
    done: (error: WireError | undefined) => void,
  ): void;
  /** Says whether it keeps the process alive, as it does at first. */
  holdProcess(holds: boolean): void;
  /** Bytes given to `send` that the system has not taken. */
  readonly pendingBytes: number;
  /** Lets go at once; of what the system has not taken, `done` says so (ECANCELED). */
  close(): void;
}

/** Options of a datagram wire. */
export interface DatagramWireOptions {
  /** The one peer to talk to. */
  readonly remote: UdpAddress | undefined;
  /** Lets several sockets have the address, if all of them say so. */
  readonly reuseAddress: boolean;
  /** On an IPv6 address: leave IPv4 to others. */
  readonly ipv6Only: boolean;
  /** Routers that a datagram may cross; `undefined` leaves it to the system. */
  readonly ttl: number | undefined;
  /** Lets datagrams be sent to everybody on a network. */
  readonly broadcast: boolean;
  /** Groups to hear, and how to reach groups. */
  readonly multicast: {
    readonly groups: readonly string[];
    /**
     * For IPv4 an address of this machine, for IPv6 the name of an interface; `undefined` leaves it to the system. The
     * zone of a group goes before it.
     */
    readonly interface: string | undefined;
    /** Whether this machine hears what it sends to a group. */
    readonly loopback: boolean;
  };
}
