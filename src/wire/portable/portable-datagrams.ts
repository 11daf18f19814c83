/**
 * Datagrams over `node:dgram`.
 *
 * Node does not say which of this machine's addresses a datagram was sent to, and has no way to say which one an answer
 * is to leave from. So a socket for all addresses answers from the one that the system chooses (docs/engines.md).
 *
 * Three things of Node and the kernel are hidden here: Node looks every address up
 * before it sends, which would let datagrams overtake each other; a socket for both
 * families knows IPv4 peers by mapped addresses; and the kernel tells that an earlier
 * datagram was refused by failing a later send, which then has sent nothing.
 */
import dgram from "node:dgram";
import { tcpAddress, type UdpAddress } from "../../base/address/address.ts";
import type { DatagramWire, DatagramWireEvents, DatagramWireOptions } from "../datagram.ts";
import { WireError } from "../wire-error.ts";
import { plainArray } from "./plain-array.ts";
import { systemCode, systemCodeAt } from "../shared/system-code.ts";

export async function openPortableDatagrams(
  local: UdpAddress,
  options: DatagramWireOptions,
): Promise<DatagramWire> {
  const socket = dgram.createSocket({
    type: local.family === 4 ? "udp4" : "udp6",
    reuseAddr: options.reuseAddress,
    ipv6Only: options.ipv6Only,
    lookup: asItIs as unknown as NonNullable<dgram.SocketOptions["lookup"]>,
  });
  try {
    await bind(socket, local, options.remote !== undefined);
    configure(socket, local.family, options);
    if (options.remote !== undefined) await dial(socket, options.remote);
  } catch (error) {
    socket.close();
    throw error;
  }
  return new PortableDatagrams(socket, local.family, options.remote);
}

/** What Node takes for a look-up: it is given addresses only, so there is nothing to look up. */
function asItIs(
  address: string,
  family: 4 | 6,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, family);
}

/**
 * In a worker of node:cluster, a port that was asked for is shared with the other workers, as node:dgram does. What is
 * sent to a port that the system chose, or by a dialed peer, is meant for this worker alone.
 */
function bind(socket: dgram.Socket, { host, port }: UdpAddress, isDialed: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      reject(new WireError(systemCodeAt(error, host), "bind", error));
    });
    socket.bind({ address: host, port, exclusive: isDialed || port === 0 }, () => {
      socket.removeAllListeners("error");
      resolve();
    });
  });
}

/** @throws {WireError} for what the system does not take. */
function configure(socket: dgram.Socket, family: UdpAddress["family"], options: DatagramWireOptions): void {
  const { ttl, broadcast, multicast } = options;
  const place =
    multicast.interface === undefined || family === 4 ? multicast.interface : `::%${multicast.interface}`;
  try {
    if (ttl !== undefined) {
      socket.setTTL(ttl);
      socket.setMulticastTTL(ttl);
    }
    if (broadcast) socket.setBroadcast(true);
    if (!multicast.loopback) socket.setMulticastLoopback(false);
    if (place !== undefined) socket.setMulticastInterface(place);
    for (const group of multicast.groups) {
      const [address = "", zone] = group.split("%");
      socket.addMembership(address, zone === undefined ? place : `::%${zone}`);
    }
  } catch (error) {
    throw new WireError(systemCode(error), "bind", error);
  }
}

function dial(socket: dgram.Socket, { host, port }: UdpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.connect(port, host, (error?: Error) => {
      if (error === undefined) resolve();
      else reject(new WireError(systemCodeAt(error, host), "connect", error));
    });
  });
}

type Done = (error: WireError | undefined) => void;

class PortableDatagrams implements DatagramWire {
  readonly local: UdpAddress;
  readonly remote: UdpAddress | undefined;
  readonly #socket: dgram.Socket;
  readonly #family: UdpAddress["family"];
  #events: DatagramWireEvents | undefined;
  #closed = false;
  /** Those whom `done` has not been called for. */
  readonly #sending = new Set<Done>();

  constructor(socket: dgram.Socket, family: UdpAddress["family"], remote: UdpAddress | undefined) {
    this.#socket = socket;
    this.#family = family;
    this.remote = remote;
    const { address, port } = socket.address();
    this.local = tcpAddress(address, port);
    socket.on("error", (error) => {
      this.#events?.failed(new WireError(systemCode(error), "receive", error));
    });
  }

  start(events: DatagramWireEvents): void {
    this.#events = events;
    this.#socket.on("message", (bytes, { address, port }) => {
      const from = tcpAddress(address, port);
      // Between binding and dialing, anybody may have sent something.
      if (!this.#closed && this.#isPeer(from)) events.received(plainArray(bytes), from, this.local);
    });
  }

  send(bytes: Uint8Array, to: UdpAddress | undefined, _local: UdpAddress | undefined, done: Done): void {
    // A function of its own for each datagram, for the set.
    const once: Done = (error) => {
      done(error);
    };
    this.#sending.add(once);
    this.#send(bytes, to, (error) => {
      if (this.remote !== undefined && isRefusal(error)) this.#refusedBefore(error, bytes, once);
      else this.#settle(once, error);
    });
  }

  get pendingBytes(): number {
    // Deno does not tell; it hands each datagram to the kernel at once.
    const { getSendQueueSize } = this.#socket as Partial<dgram.Socket>;
    return this.#closed || getSendQueueSize === undefined ? 0 : this.#socket.getSendQueueSize();
  }

  holdProcess(holds: boolean): void {
    if (this.#closed) return;
    if (holds) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close(() => {
      for (const done of this.#sending) done(new WireError("ECANCELED", "send"));
      this.#sending.clear();
      this.#events?.closed();
    });
  }

  #isPeer(from: UdpAddress): boolean {
    const { remote } = this;
    return remote === undefined || (remote.port === from.port && remote.host === from.host);
  }

  #send(bytes: Uint8Array, to: UdpAddress | undefined, sent: (error: Error | null) => void): void {
    if (to === undefined) this.#socket.send(bytes, sent);
    else this.#socket.send(bytes, to.port, this.#systemHost(to), sent);
  }

  /** A socket of the other family knows an IPv4 address by its mapped form. */
  #systemHost({ family, host }: UdpAddress): string {
    return family === 4 && this.#family === 6 ? `::ffff:${host}` : host;
  }

  /** The kernel has told of an earlier datagram, and this one is still to be sent. */
  #refusedBefore(error: Error, bytes: Uint8Array, done: Done): void {
    if (!this.#closed) this.#events?.failed(new WireError("ECONNREFUSED", "receive", error));
    if (this.#closed) return;
    // Refused once more before it was sent: it would have gone nowhere as well.
    this.#send(bytes, undefined, (again) => this.#settle(done, isRefusal(again) ? null : again));
  }

  #settle(done: Done, error: Error | null): void {
    if (!this.#sending.delete(done)) return;
    done(error === null ? undefined : new WireError(systemCode(error), "send", error));
  }
}

function isRefusal(error: Error | null): error is Error {
  return error !== null && systemCode(error) === "ECONNREFUSED";
}
