/** `UDPSocket` of the Direct Sockets API. */
import type { ReadableStream, WritableStream } from "node:stream/web";
import { formatAddress, tcpAddress } from "../../base/address/address.ts";
import { ipFamily } from "../../base/address/ip.ts";
import {
  bindUdp,
  connectUdp,
  type BoundUdpSocket,
  type ConnectedUdpSocket,
  type DatagramOptions,
} from "../../net/index.ts";
import {
  bufferSource,
  checkIpv6Only,
  dictionary,
  familyOf,
  hostOf,
  localAddressOf,
  port,
  size,
  type SocketDnsQueryType,
} from "./checks.ts";
import { BothOver, Lifecycle } from "./lifecycle.ts";
import { asNetworkError } from "./network-error.ts";

/** Options of `UDPSocket`: `remoteAddress` and `remotePort` for one peer, or `localAddress` for all senders. */
export interface UDPSocketOptions {
  /** The peer: a name or an IP address. */
  readonly remoteAddress?: string | undefined;
  /** The port of the peer. */
  readonly remotePort?: number | undefined;
  /** The IP address of this machine to bind. */
  readonly localAddress?: string | undefined;
  /** The port to bind. Default: the system chooses. */
  readonly localPort?: number | undefined;
  /** Checked, and without effect: the kernel's size is used. */
  readonly sendBufferSize?: number | undefined;
  /** Checked, and without effect: the kernel's size is used. */
  readonly receiveBufferSize?: number | undefined;
  /** Uses only addresses of this family for the peer. */
  readonly dnsQueryType?: SocketDnsQueryType | undefined;
  /** Whether to receive over IPv6 alone; with the local address `::` only. */
  readonly ipv6Only?: boolean | undefined;
  /**
   * Further options of `bindUdp` and `connectUdp` of `portcall`, such as an engine or multicast groups. The specification
   * does not have it.
   */
  readonly portcall?: DatagramOptions | undefined;
}

/** One datagram of a `UDPSocket`. */
export interface UDPMessage {
  /** The content; a `Uint8Array` if it was received. */
  readonly data: ArrayBuffer | ArrayBufferView;
  /** The sender or the receiver. Only on a bound socket, where it is required. */
  readonly remoteAddress?: string | undefined;
  /** The port of the sender or the receiver. Only on a bound socket, where it is required. */
  readonly remotePort?: number | undefined;
}

/** What is known of an open `UDPSocket`. */
export interface UDPSocketOpenInfo {
  /** The received datagrams. */
  readonly readable: ReadableStream<UDPMessage>;
  /** The datagrams to send. */
  readonly writable: WritableStream<UDPMessage>;
  /** The IP address of the peer; `undefined` on a bound socket. */
  readonly remoteAddress: string | undefined;
  /** The port of the peer; `undefined` on a bound socket. */
  readonly remotePort: number | undefined;
  /** The local IP address. */
  readonly localAddress: string;
  /** The local port. */
  readonly localPort: number;
}

/** An open socket of the library, and how a message is sent with it. */
interface Datagrams {
  readonly socket: BoundUdpSocket | ConnectedUdpSocket;
  readonly receive: (signal: AbortSignal) => Promise<UDPMessage | null>;
  readonly send: (message: UDPMessage) => Promise<void>;
  readonly addresses: Omit<UDPSocketOpenInfo, "readable" | "writable">;
}

/**
 * A UDP socket with two web streams of datagrams, as the Direct Sockets API has it.
 *
 * @example
 * const socket = new UDPSocket({ remoteAddress: "localhost", remotePort: 9999 });
 * const { writable } = await socket.opened;
 * await writable.getWriter().write({ data: new TextEncoder().encode("hello") });
 */
export class UDPSocket {
  readonly #life = new Lifecycle<UDPSocketOpenInfo>();
  #streams: Pick<UDPSocketOpenInfo, "readable" | "writable"> | undefined = undefined;

  /**
   * Opens a socket for one peer, or for all senders to a local address.
   *
   * @throws {TypeError} at once, for an invalid option, and for options of both kinds or of none.
   */
  constructor(options: UDPSocketOptions = {}) {
    openWith(dictionary("UDPSocket", options)).then(
      (datagrams) => {
        this.#open(datagrams);
      },
      (error: unknown) => {
        this.#life.hasFailed(asNetworkError(error));
      },
    );
  }

  /** Resolves when the socket is open, to its streams and addresses. Rejects with a `NetworkError`. */
  get opened(): Promise<UDPSocketOpenInfo> {
    return this.#life.opened;
  }

  /** Settles when both streams are over: resolves if this program has ended them, and rejects if one failed. */
  get closed(): Promise<undefined> {
    return this.#life.closed;
  }

  /**
   * Cancels `readable` and aborts `writable`, and returns `closed`.
   *
   * @throws {DOMException} `InvalidStateError` (rejects) before the socket is open, and while a stream is locked.
   */
  close(): Promise<undefined> {
    const streams = this.#streams;
    if (streams === undefined) return this.#life.close([], () => undefined);
    return this.#life.close([streams.readable, streams.writable], () => {
      void streams.readable.cancel();
      void streams.writable.abort().catch(() => undefined);
    });
  }

  #open({ socket, receive, send, addresses }: Datagrams): void {
    const both = new BothOver((reason) => {
      void socket.close().then(() => {
        this.#life.hasClosed(reason);
      });
    });
    const reading = new AbortController();
    const readable = new globalThis.ReadableStream<UDPMessage>(
      {
        pull: async (controller) => {
          try {
            const message = await receive(reading.signal);
            if (message !== null) controller.enqueue(message);
          } catch (error) {
            if (reading.signal.aborted) return;
            const reason = asNetworkError(error);
            controller.error(reason);
            both.add("readable", reason);
          }
        },
        cancel: () => {
          reading.abort();
          both.add("readable", undefined);
        },
      },
      { highWaterMark: 0 },
    );
    const writable = new globalThis.WritableStream<UDPMessage>({
      write: async (message) => {
        try {
          await send(message);
        } catch (error) {
          const reason = asNetworkError(error);
          both.add("writable", reason);
          throw reason;
        }
      },
      close: () => {
        both.add("writable", undefined);
      },
      abort: () => {
        both.add("writable", undefined);
      },
    });
    this.#streams = { readable, writable };
    this.#life.hasOpened({ readable, writable, ...addresses });
  }
}

/** @throws {TypeError} at once, for an invalid option. */
function openWith(options: UDPSocketOptions): Promise<Datagrams> {
  const { remoteAddress, remotePort, localAddress, localPort, dnsQueryType, ipv6Only, portcall } = options;
  const further = dictionary("UDPSocket: portcall", portcall);
  size("sendBufferSize", options.sendBufferSize);
  size("receiveBufferSize", options.receiveBufferSize);
  for (const name of ["multicastTimeToLive", "multicastLoopback", "multicastAllowAddressSharing"]) {
    if (name in options) throw new TypeError(`${name}: not available; see multicast of portcall's bindUdp`);
  }
  if ((remoteAddress === undefined) !== (remotePort === undefined)) {
    throw new TypeError("UDPSocket: remoteAddress and remotePort belong together");
  }
  if (localPort !== undefined && localAddress === undefined) {
    throw new TypeError("UDPSocket: localPort needs localAddress");
  }
  if ((remoteAddress === undefined) === (localAddress === undefined)) {
    throw new TypeError("UDPSocket: give either remoteAddress and remotePort, or localAddress");
  }
  if (localAddress === undefined) {
    if (ipv6Only !== undefined) throw new TypeError("UDPSocket: ipv6Only needs localAddress");
    const target = { host: hostOf("remoteAddress", remoteAddress), port: port("remotePort", remotePort, 1) };
    return connected({ scheme: "udp", ...target }, { ...further, family: familyOf(dnsQueryType) });
  }
  if (dnsQueryType !== undefined) throw new TypeError("UDPSocket: dnsQueryType needs remoteAddress");
  const host = localAddressOf(localAddress);
  return bound({
    ...further,
    host,
    port: localPort === undefined ? 0 : port("localPort", localPort, 1),
    ipv6Only: checkIpv6Only(ipv6Only, host),
  });
}

async function connected(...[target, options]: Parameters<typeof connectUdp>): Promise<Datagrams> {
  const socket = await connectUdp(target, options);
  const { local, remote } = socket;
  return {
    socket,
    receive: async (signal) => {
      const data = await socket.receive({ signal, timeoutMs: Infinity });
      return data === null ? null : { data };
    },
    send: (message) => {
      const { data, ...others } = dictionary("writable: message", message);
      const [extra] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
      if (extra !== undefined)
        throw new TypeError(`message: a connected socket has one peer: leave out ${extra}`);
      return socket.send(bufferSource("message: data", data));
    },
    addresses: {
      remoteAddress: remote.host,
      remotePort: remote.port,
      localAddress: local.host,
      localPort: local.port,
    },
  };
}

async function bound(options: Parameters<typeof bindUdp>[0]): Promise<Datagrams> {
  const socket = await bindUdp(options);
  const { host, port: localPort } = socket.address;
  return {
    socket,
    receive: async (signal) => {
      const datagram = await socket.receive({ signal, timeoutMs: Infinity });
      if (datagram === null) return null;
      return { data: datagram.bytes, remoteAddress: datagram.from.host, remotePort: datagram.from.port };
    },
    send: (message) => {
      const given = dictionary("writable: message", message);
      if ("dnsQueryType" in given)
        throw new TypeError("message: dnsQueryType is not available: give an IP address");
      const data = bufferSource("message: data", given.data);
      const name = hostOf("message: remoteAddress", given.remoteAddress);
      const number = port("message: remotePort", given.remotePort, 1);
      const isAddress = ipFamily(name) !== undefined;
      return socket.sendTo(data, isAddress ? formatAddress(tcpAddress(name, number)) : `${name}:${number}`);
    },
    addresses: { remoteAddress: undefined, remotePort: undefined, localAddress: host, localPort },
  };
}
