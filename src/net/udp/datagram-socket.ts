/**
 * Datagram sockets, as the user sees them: a bound one, which receives from all senders, and a connected
 * one for a single peer.
 */
import { bytesToSend, shown } from "../../base/arguments.ts";
import {
  formatAddress,
  parsePort,
  parseTarget,
  tcpAddress,
  type UdpAddress,
} from "../../base/address/address.ts";
import { NetError } from "../../base/errors.ts";
import type { DatagramCloseInfo } from "../../base/events.ts";
import type { DatagramWire } from "../../wire/index.ts";
import type { Datagram } from "./datagram-inbox.ts";
import type { DatagramSettings } from "../options/udp-settings.ts";
import { DatagramTraffic, type DatagramStats, type TrafficParts } from "./datagram-traffic.ts";
import { findAddresses } from "../client/find-addresses.ts";
import { handled, type ReadOptions } from "../connection/message-reader.ts";
import { UnansweredDatagrams } from "./unanswered-datagrams.ts";

/** The common part of both kinds of datagram sockets. */
export class DatagramSocket<Message> implements AsyncDisposable {
  /** Resolves to how the socket closed. Never rejects. */
  readonly closed: Promise<DatagramCloseInfo>;
  readonly #traffic: DatagramTraffic;
  readonly #shape: (datagram: Datagram) => Message;

  /** @internal */
  constructor(traffic: DatagramTraffic, shape: (datagram: Datagram) => Message) {
    this.closed = traffic.closed;
    this.#traffic = traffic;
    this.#shape = shape;
  }

  /** Statistics so far. */
  get stats(): DatagramStats {
    return this.#traffic.stats;
  }

  /** How it closed, or `undefined` while it is open. */
  get closeInfo(): DatagramCloseInfo | undefined {
    return this.#traffic.closeInfo;
  }

  /**
   * Reads the next datagram; `null` when the socket has been closed.
   *
   * Only one read may be in progress at a time. A cancelled read loses no datagram.
   *
   * @throws {TypeError} at once, if another read is in progress.
   * @throws {NetError} once, when the network refused a datagram that you sent (`ECONNREFUSED` on a
   *   connected socket: port unreachable); the socket stays open. `ERR_IDLE_TIMEOUT` after everything
   *   received has been read, if a timeout closed the socket.
   */
  receive(options?: ReadOptions): Promise<Message | null> {
    return this.#traffic.inbox.read(
      (datagram) => (datagram === null ? null : this.#shape(datagram)),
      options,
    );
  }

  /** Iterates over datagrams until the socket is closed. Leaving the loop leaves it open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, undefined> {
    for (;;) {
      const message = await this.receive();
      if (message === null) return undefined;
      yield message;
    }
  }

  /** Lets the process exit while this socket is open, like `socket.unref` of node:dgram. */
  unref(): this {
    this.#traffic.holdProcess(false);
    return this;
  }

  /** Keeps the process alive while this socket is open. This is the default. */
  ref(): this {
    this.#traffic.holdProcess(true);
    return this;
  }

  /** Closes: datagrams passed to the system are sent, and no more are received. Resolves to how it closed. */
  close(): Promise<DatagramCloseInfo> {
    this.#traffic.close();
    return this.closed;
  }

  /** Calls `close()`, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A bound socket: receives from all senders, and can send to any address. */
export class BoundUdpSocket extends DatagramSocket<Datagram> {
  /** All its local addresses; several if its name has several addresses (`localhost`). */
  readonly addresses: readonly UdpAddress[];
  readonly #traffic: DatagramTraffic;
  readonly #wires: readonly DatagramWire[];
  readonly #settings: DatagramSettings;
  /** The destination address of each received datagram, by its `from`. */
  readonly #arrivedAt: WeakMap<UdpAddress, UdpAddress>;

  /** @internal Created by `bindUdp`. */
  constructor(wires: readonly DatagramWire[], settings: DatagramSettings) {
    const traffic = new DatagramTraffic({ wires, settings, remote: () => undefined });
    const arrivedAt = new WeakMap<UdpAddress, UdpAddress>();
    super(traffic, (datagram) => {
      arrivedAt.set(datagram.from, datagram.local);
      return datagram;
    });
    this.#arrivedAt = arrivedAt;
    this.addresses = wires.map((wire) => wire.local);
    this.#traffic = traffic;
    this.#wires = wires;
    this.#settings = settings;
  }

  /** Its local address; the first one, if there are several. */
  get address(): UdpAddress {
    return this.addresses[0] as UdpAddress;
  }

  /**
   * Sends one datagram; resolves when the system has accepted it. UDP does not report whether it arrives.
   * Do not change the bytes until then.
   *
   * A reply must come from the address that the request was sent to (RFC 1122, section 4.1.3.5), or the sender ignores
   * it. Pass the `from` object of a datagram, not a copy, to send from that datagram's `local`. The portable engine
   * cannot do this, and lets the system choose.
   *
   * @param to the `from` of a received datagram, or `host:port`; a name is resolved for each call.
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string and `to` is an address.
   * @throws {NetError} with stage `resolve` or `send`: `EMSGSIZE` if it is too long,
   *   `ERR_WRITE_QUEUE_FULL` if unawaited sends have filled the queue, `ERR_CLOSED` after the close;
   *   `EINVAL` if `to` has port 0, which cannot receive a reply.
   */
  sendTo(data: Uint8Array | string, to: UdpAddress | string): Promise<void> {
    const bytes = bytesToSend("sendTo: data", data);
    if (typeof to !== "string") return this.#sendBack(bytes, to);
    const target = parseTarget(to, { scheme: "udp" });
    if (target.scheme !== "udp") throw new TypeError(`target ${to} is not for datagrams: write host:port`);
    return handled(
      findAddresses(target.host, target.port, {
        ...this.#settings,
        family: undefined,
        signal: undefined,
      }).then((addresses) =>
        this.#send(bytes, addresses.find((one) => this.#wireFor(one)) ?? (addresses[0] as UdpAddress)),
      ),
    );
  }

  /** Sends to an address object. Port 0 is not the caller's mistake: anyone can send from it. */
  #sendBack(bytes: Uint8Array, address: UdpAddress): Promise<void> {
    const { host, port } = address ?? {};
    if (typeof host !== "string" || typeof port !== "number") {
      throw new TypeError(
        `sendTo: to: ${shown(address)} is neither text, as in "localhost:53", nor a UdpAddress`,
      );
    }
    const to = tcpAddress(host, port === 0 ? 0 : parsePort(String(port)));
    if (port !== 0) return this.#send(bytes, to, this.#arrivedAt.get(address));
    const happened = "a sender with port 0 cannot receive a reply (EINVAL)";
    return handled(
      Promise.reject(new NetError({ code: "EINVAL", stage: "send", address: formatAddress(to), happened })),
    );
  }

  #send(bytes: Uint8Array, to: UdpAddress, arrivedAt?: UdpAddress): Promise<void> {
    const wire = this.#wireFor(to);
    if (wire !== undefined) {
      // A socket bound to a single address sends from it anyway.
      const local = isWildcard(wire.local.host) ? arrivedAt : undefined;
      return this.#traffic.send(wire, bytes, to, local);
    }
    const happened = `this socket is bound to ${this.addresses.map(formatAddress).join(", ")}, which is of the other family`;
    const error = new NetError({ code: "EAFNOSUPPORT", stage: "send", address: formatAddress(to), happened });
    return handled(Promise.reject(error));
  }

  /** The wire that can reach an address: one of its family, or one that supports both. */
  #wireFor({ family }: UdpAddress): DatagramWire | undefined {
    const own = this.#wires.find((wire) => wire.local.family === family);
    if (own !== undefined || family === 6 || this.#settings.wire.ipv6Only) return own;
    return this.#wires.find((wire) => wire.local.host === "::");
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** A connected socket: receives from one peer and sends to it. */
export class ConnectedUdpSocket extends DatagramSocket<Uint8Array> {
  readonly #traffic: DatagramTraffic;
  readonly #unanswered: UnansweredDatagrams;

  /** @internal Created by `connectUdp`. */
  constructor(wires: readonly DatagramWire[], settings: DatagramSettings) {
    const unanswered = new UnansweredDatagrams(wires, (wire, bytes) => {
      void traffic.send(wire, bytes, wire.remote as UdpAddress);
    });
    const parts: TrafficParts = {
      wires,
      settings,
      remote: () => unanswered.wire.remote,
      received: (wire) => {
        unanswered.received(wire);
      },
      refused: (wire) => unanswered.refused(wire),
    };
    const traffic = new DatagramTraffic(parts);
    super(traffic, (datagram) => datagram.bytes);
    this.#traffic = traffic;
    this.#unanswered = unanswered;
  }

  /** The local address. */
  get local(): UdpAddress {
    return this.#unanswered.wire.local;
  }

  /**
   * The peer. If its name has several addresses: the first one, or the next if that one refused before any had
   * answered.
   */
  get remote(): UdpAddress {
    return this.#unanswered.wire.remote as UdpAddress;
  }

  /**
   * Sends one datagram to the peer; resolves when the system has accepted it. UDP does not report whether it
   * arrives. Do not change the bytes until then.
   *
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} with stage `send`: `EMSGSIZE` if it is too long, `ERR_WRITE_QUEUE_FULL` if unawaited
   *   sends have filled the queue, `ERR_CLOSED` after the close.
   */
  send(data: Uint8Array | string): Promise<void> {
    const bytes = bytesToSend("send: data", data);
    this.#unanswered.remember(bytes);
    return this.#traffic.send(this.#unanswered.wire, bytes, this.remote);
  }
}
