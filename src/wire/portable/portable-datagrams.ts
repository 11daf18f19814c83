/**
 * Datagrams over `node:dgram`.
 *
 * Node does not report which local address a datagram was sent to, and cannot set the address to send from. So a
 * socket on all addresses answers from the address that the system chooses (docs/engines.md).
 *
 * Three properties of Node and the kernel are hidden here. Node looks every address up before it sends, which would
 * let datagrams overtake each other. A socket for both families sees IPv4 peers as mapped addresses. The kernel
 * reports a rejected datagram by failing a later send, which then has sent nothing.
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
    if (options.remote !== undefined) await connectSocket(socket, options.remote);
  } catch (error) {
    socket.close();
    throw error;
  }
  return new PortableDatagrams(socket, local.family, options.remote);
}

/** A lookup function for Node. It only receives addresses, so there is nothing to look up. */
function asItIs(
  address: string,
  family: 4 | 6,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, family);
}

/**
 * In a worker of node:cluster, a requested port is shared with the other workers, as node:dgram does. A port that the
 * system chose, or a connected socket, belongs to this worker alone.
 */
function bind(socket: dgram.Socket, { host, port }: UdpAddress, isConnected: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      reject(new WireError(systemCodeAt(error, host), "bind", error));
    });
    socket.bind({ address: host, port, exclusive: isConnected || port === 0 }, () => {
      socket.removeAllListeners("error");
      resolve();
    });
  });
}

/** @throws {WireError} if the system rejects it. */
function configure(socket: dgram.Socket, family: UdpAddress["family"], options: DatagramWireOptions): void {
  const { ttl, broadcast, multicast } = options;
  const multicastInterface =
    multicast.interface === undefined || family === 4 ? multicast.interface : `::%${multicast.interface}`;
  try {
    if (ttl !== undefined) {
      socket.setTTL(ttl);
      socket.setMulticastTTL(ttl);
    }
    if (broadcast) socket.setBroadcast(true);
    if (!multicast.loopback) socket.setMulticastLoopback(false);
    if (multicastInterface !== undefined) socket.setMulticastInterface(multicastInterface);
    for (const group of multicast.groups) {
      const [address = "", zone] = group.split("%");
      socket.addMembership(address, zone === undefined ? multicastInterface : `::%${zone}`);
    }
  } catch (error) {
    throw new WireError(systemCode(error), "bind", error);
  }
}

function connectSocket(socket: dgram.Socket, { host, port }: UdpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.connect(port, host, (error?: Error) => {
      if (error === undefined) resolve();
      else reject(new WireError(systemCodeAt(error, host), "connect", error));
    });
  });
}

type Done = (error: WireError | undefined) => void;

class PortableDatagrams implements DatagramWire {
  readonly stableViews = true;
  readonly local: UdpAddress;
  readonly remote: UdpAddress | undefined;
  readonly #socket: dgram.Socket;
  readonly #family: UdpAddress["family"];
  #events: DatagramWireEvents | undefined;
  #closed = false;
  /** Sends whose `done` has not been called. */
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
      // Between binding and connecting, any host may have sent something.
      if (!this.#closed && this.#isPeer(from)) events.received(plainArray(bytes), from, this.local);
    });
  }

  send(bytes: Uint8Array, to: UdpAddress | undefined, _local: UdpAddress | undefined, done: Done): void {
    // Each datagram has a function of its own, as an entry of the set.
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
    // Deno does not report it; it passes each datagram to the kernel at once.
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

  /** A socket of the other family uses the mapped form of an IPv4 address. */
  #systemHost({ family, host }: UdpAddress): string {
    return family === 4 && this.#family === 6 ? `::ffff:${host}` : host;
  }

  /** The error concerns an earlier datagram, and this one is still to be sent. */
  #refusedBefore(error: Error, bytes: Uint8Array, done: Done): void {
    if (!this.#closed) this.#events?.failed(new WireError("ECONNREFUSED", "receive", error));
    if (this.#closed) return;
    // Refused again before it was sent: the peer would not have received it either.
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
