/**
 * The datagram sockets that a user holds: one that is bound and hears everybody, one
 * that is dialed and talks to one peer.
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

/** What both kinds of datagram sockets have. */
export class DatagramSocket<Message> implements AsyncDisposable {
  /** Resolves, never rejects, to how it ended. */
  readonly closed: Promise<DatagramCloseInfo>;
  readonly #traffic: DatagramTraffic;
  readonly #shape: (datagram: Datagram) => Message;

  /** @internal */
  constructor(traffic: DatagramTraffic, shape: (datagram: Datagram) => Message) {
    this.closed = traffic.closed;
    this.#traffic = traffic;
    this.#shape = shape;
  }

  /** What has crossed it so far. */
  get stats(): DatagramStats {
    return this.#traffic.stats;
  }

  /** How it ended, once it has. */
  get closeInfo(): DatagramCloseInfo | undefined {
    return this.#traffic.closeInfo;
  }

  /**
   * The next datagram, whole; `null` when the socket has been closed.
   *
   * One reader at a time. A read that is given up loses nothing.
   *
   * @throws {TypeError} at once, if another read is under way.
   * @throws {NetError} once, when the network has refused a datagram of ours (of a dialed
   *   socket `ECONNREFUSED`: port unreachable), and the socket goes on; `ERR_IDLE_TIMEOUT`
   *   after everything received was read, if that is how it ended.
   */
  receive(options?: ReadOptions): Promise<Message | null> {
    return this.#traffic.inbox.read(
      (datagram) => (datagram === null ? null : this.#shape(datagram)),
      options,
    );
  }

  /** The datagrams, one by one, until the socket is closed. Leaving the loop leaves it open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, undefined> {
    for (;;) {
      const message = await this.receive();
      if (message === null) return undefined;
      yield message;
    }
  }

  /** Lets the process end though this socket is open, as `socket.unref` of node:dgram does. */
  unref(): this {
    this.#traffic.holdProcess(false);
    return this;
  }

  /** Keeps the process alive while this socket is open, as it does at first. */
  ref(): this {
    this.#traffic.holdProcess(true);
    return this;
  }

  /** Closes: what was given to the system is sent, nothing more is received. Resolves to how it ended. */
  close(): Promise<DatagramCloseInfo> {
    this.#traffic.close();
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A socket with an address of its own, that hears everybody and can send to everybody. */
export class BoundUdpSocket extends DatagramSocket<Datagram> {
  /** Everywhere it can be reached; several if its name has several addresses (`localhost`). */
  readonly addresses: readonly UdpAddress[];
  readonly #traffic: DatagramTraffic;
  readonly #wires: readonly DatagramWire[];
  readonly #settings: DatagramSettings;
  /** Where the datagrams that were read had been sent to, by their `from`. */
  readonly #arrivedAt: WeakMap<UdpAddress, UdpAddress>;

  /** @internal Made by `bind`. */
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

  /** Where it can be reached; the first, if there are several. */
  get address(): UdpAddress {
    return this.addresses[0] as UdpAddress;
  }

  /**
   * Sends one datagram; resolves when the system has taken it. That it arrives, nobody
   * says. The bytes must not change until then.
   *
   * A socket for all addresses answers from the one that was asked (RFC 1122, section 4.1.3.5), or whoever asked
   * would not know the answer: given the `from` of a datagram, that object and no copy, it sends from the datagram's
   * `local`. The portable engine cannot, and leaves it to the system.
   *
   * @param to the `from` of a datagram that came, or `host:port`; a name is looked up
   *   each time.
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string and `to` is an address.
   * @throws {NetError} with stage `resolve` or `send`: `EMSGSIZE` if it is too long,
   *   `ERR_WRITE_QUEUE_FULL` if others that were not awaited wait, `ERR_CLOSED` after the end;
   *   `EINVAL` if `to` has sent from port 0, and so cannot be answered.
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

  /** Port 0 is no mistake of the caller's: anybody can send from it. */
  #sendBack(bytes: Uint8Array, address: UdpAddress): Promise<void> {
    const { host, port } = address ?? {};
    if (typeof host !== "string" || typeof port !== "number") {
      throw new TypeError(
        `sendTo: to: ${shown(address)} is neither text, as in "localhost:53", nor a UdpAddress`,
      );
    }
    const to = tcpAddress(host, port === 0 ? 0 : parsePort(String(port)));
    if (port !== 0) return this.#send(bytes, to, this.#arrivedAt.get(address));
    const happened = "who sends from port 0 cannot be answered (EINVAL)";
    return handled(
      Promise.reject(new NetError({ code: "EINVAL", stage: "send", address: formatAddress(to), happened })),
    );
  }

  #send(bytes: Uint8Array, to: UdpAddress, arrivedAt?: UdpAddress): Promise<void> {
    const wire = this.#wireFor(to);
    if (wire !== undefined) {
      // One that is bound to a single address sends from it as it is.
      const local = isWildcard(wire.local.host) ? arrivedAt : undefined;
      return this.#traffic.send(wire, bytes, to, local);
    }
    const happened = `this socket is bound to ${this.addresses.map(formatAddress).join(", ")}, which is of the other family`;
    const error = new NetError({ code: "EAFNOSUPPORT", stage: "send", address: formatAddress(to), happened });
    return handled(Promise.reject(error));
  }

  /** The wire that reaches an address: one of its family, or one that is open to both. */
  #wireFor({ family }: UdpAddress): DatagramWire | undefined {
    const own = this.#wires.find((wire) => wire.local.family === family);
    if (own !== undefined || family === "ipv6" || this.#settings.wire.ipv6Only) return own;
    return this.#wires.find((wire) => wire.local.host === "::");
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** A socket that hears one peer and sends to it. */
export class ConnectedUdpSocket extends DatagramSocket<Uint8Array> {
  readonly #traffic: DatagramTraffic;
  readonly #unanswered: UnansweredDatagrams;

  /** @internal Made by `dial`. */
  constructor(wires: readonly DatagramWire[], settings: DatagramSettings) {
    const unanswered = new UnansweredDatagrams(wires, (wire, bytes) => {
      void traffic.send(wire, bytes, wire.remote as UdpAddress);
    });
    const parts: TrafficParts = {
      wires,
      settings,
      remote: () => unanswered.wire.remote,
      heard: (wire) => {
        unanswered.heard(wire);
      },
      refused: (wire) => unanswered.refused(wire),
    };
    const traffic = new DatagramTraffic(parts);
    super(traffic, (datagram) => datagram.bytes);
    this.#traffic = traffic;
    this.#unanswered = unanswered;
  }

  /** Our end. */
  get local(): UdpAddress {
    return this.#unanswered.wire.local;
  }

  /** The peer. Of a name with several addresses, the first, until that has refused and another is tried. */
  get remote(): UdpAddress {
    return this.#unanswered.wire.remote as UdpAddress;
  }

  /**
   * Sends one datagram to the peer; resolves when the system has taken it. That it
   * arrives, nobody says. The bytes must not change until then.
   *
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} with stage `send`: `EMSGSIZE` if it is too long,
   *   `ERR_WRITE_QUEUE_FULL` if others that were not awaited wait, `ERR_CLOSED` after the end.
   */
  send(data: Uint8Array | string): Promise<void> {
    const bytes = bytesToSend("send: data", data);
    this.#unanswered.remember(bytes);
    return this.#traffic.send(this.#unanswered.wire, bytes, this.remote);
  }
}
