/** `TCPSocket` of the Direct Sockets API. */
import type { ReadableStream, WritableStream } from "node:stream/web";
import type { Address } from "../../base/address/address.ts";
import { flag } from "../../base/arguments.ts";
import { connect, type Connection, type ConnectOptions } from "../../net/index.ts";
import { engineOf } from "../../wire/index.ts";
import { SocketStreams } from "../socket-streams.ts";
import {
  bufferSource,
  dictionary,
  familyOf,
  hostOf,
  integer,
  port,
  size,
  type SocketDnsQueryType,
} from "./checks.ts";
import { BothOver, Lifecycle } from "./lifecycle.ts";
import { asNetworkError } from "./network-error.ts";

/** Options of `TCPSocket`. */
export interface TCPSocketOptions {
  /** Size of the kernel's send buffer in bytes. No effect with engines that cannot set it. */
  readonly sendBufferSize?: number | undefined;
  /** Size of the kernel's receive buffer in bytes. No effect with engines that cannot set it. */
  readonly receiveBufferSize?: number | undefined;
  /** Sends small writes at once (TCP_NODELAY). Default: `false`, as the specification says. */
  readonly noDelay?: boolean | undefined;
  /** Enables keep-alive after this idle time in milliseconds, at least 1000. Default: off. */
  readonly keepAliveDelay?: number | undefined;
  /** Uses only addresses of this family. */
  readonly dnsQueryType?: SocketDnsQueryType | undefined;
  /** Further options of `connect` of `portcall`, such as an engine or a proxy. The specification does not have it. */
  readonly portcall?: Omit<ConnectOptions, "codec"> | undefined;
}

/** What is known of an open `TCPSocket`. */
export interface TCPSocketOpenInfo {
  /** What the peer sends: a byte stream, so a reader may bring its own buffer (BYOB). The peer's end closes it. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is sent to the peer: buffers and views of them. Closing it sends FIN. */
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;
  /** The IP address of the peer. */
  readonly remoteAddress: string;
  /** The port of the peer. */
  readonly remotePort: number;
  /** The local IP address. */
  readonly localAddress: string;
  /** The local port. */
  readonly localPort: number;
}

/** A connection that a `TCPServerSocket` has accepted. */
export class Accepted {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }
}

/**
 * A TCP connection with two web streams, as the Direct Sockets API has it. The streams are in what `opened` resolves to.
 *
 * @example
 * const socket = new TCPSocket("localhost", 8888);
 * const { readable, writable } = await socket.opened;
 */
export class TCPSocket {
  readonly #life = new Lifecycle<TCPSocketOpenInfo>();
  #streams: SocketStreams | undefined = undefined;

  /**
   * Connects to a host.
   *
   * @throws {TypeError} at once, for an invalid argument.
   */
  constructor(remoteAddress: string, remotePort: number, options: TCPSocketOptions = {}) {
    const given: unknown = remoteAddress;
    if (given instanceof Accepted) {
      this.#open(given.connection, Promise.resolve(given.connection));
      return;
    }
    const target = { host: hostOf("remoteAddress", remoteAddress), port: port("remotePort", remotePort, 1) };
    const opening = connect(target, connectOptions(dictionary("TCPSocket", options)));
    opening.then(
      (connection) => {
        this.#open(connection, opening);
      },
      (error: unknown) => {
        this.#life.hasFailed(asNetworkError(error));
      },
    );
  }

  /** Resolves when the socket is open, to its streams and addresses. Rejects with a `NetworkError`. */
  get opened(): Promise<TCPSocketOpenInfo> {
    return this.#life.opened;
  }

  /** Settles when both streams are over: resolves if this program or the peer has ended them, and rejects if one failed. */
  get closed(): Promise<undefined> {
    return this.#life.closed;
  }

  /**
   * Cancels `readable` and aborts `writable`, and returns `closed`. What was written is sent first, if its write has
   * resolved.
   *
   * @throws {DOMException} `InvalidStateError` (rejects) before the socket is open, and while a stream is locked.
   */
  close(): Promise<undefined> {
    const streams = this.#streams;
    if (streams === undefined) return this.#life.close([], () => undefined);
    return this.#life.close([streams.readable, streams.writable], () => {
      void streams.readable.cancel().catch(() => undefined);
      void streams.writable.abort().catch(() => undefined);
    });
  }

  #open(connection: Connection, opening: Promise<Connection>): void {
    const both = new BothOver((reason) => {
      void connection.close();
      const over = (): void => {
        this.#life.hasClosed(reason);
      };
      connection.flush().then(over, over);
    });
    const streams = new SocketStreams(opening, {
      errorOf: asNetworkError,
      checkChunk: (chunk) => bufferSource("writable: chunk", chunk),
      finRead: () => undefined,
      // As the specification says: shut down for writing.
      aborted: () => void connection.end().catch(() => undefined),
      over: (which, error) => {
        both.add(which, error);
      },
    });
    this.#streams = streams;
    streams.opened(connection);
    void connection.closed.then(({ error }) => {
      const ended = (): Error => new DOMException("the connection has ended", "NetworkError");
      streams.lost(error && asNetworkError(error), ended);
    });
    const { readable, writable } = streams;
    const [remote, local] = [endOf(connection.remote), endOf(connection.local)];
    this.#life.hasOpened({
      readable,
      writable,
      remoteAddress: remote.host,
      remotePort: remote.port,
      localAddress: local.host,
      localPort: local.port,
    });
  }
}

/** @throws {TypeError} for an invalid option. */
function connectOptions(options: TCPSocketOptions): ConnectOptions {
  const { noDelay = false, keepAliveDelay, dnsQueryType, portcall } = options;
  const further = dictionary("TCPSocket: portcall", portcall);
  const keepAliveMs =
    keepAliveDelay === undefined ? 0 : integer("keepAliveDelay", keepAliveDelay, 1000, 32_767_000);
  const kernel = {
    sendBufferBytes: bufferBytes("sendBufferSize", options.sendBufferSize),
    receiveBufferBytes: bufferBytes("receiveBufferSize", options.receiveBufferSize),
    keepAliveIntervalMs: keepAliveDelay,
  };
  flag("noDelay", noDelay);
  const family = familyOf(dnsQueryType);
  const engine = engineOf("engine", further.engine);
  const known = Object.entries(kernel).filter(([name]) => engine.options.some((option) => option === name));
  return { ...Object.fromEntries(known), noDelay, keepAliveMs, family, ...further };
}

/** The kernel takes no more than this. */
function bufferBytes(name: string, value: unknown): number | undefined {
  const bytes = size(name, value);
  return bytes === undefined ? undefined : Math.min(bytes, 1_073_741_823);
}

function endOf(address: Address | undefined): { readonly host: string; readonly port: number } {
  return address === undefined || address.family === "unix" ? { host: "", port: 0 } : address;
}
