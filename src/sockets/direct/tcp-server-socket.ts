/** `TCPServerSocket` of the Direct Sockets API. */
import type { ReadableStream } from "node:stream/web";
import type { TcpAddress } from "../../base/address/address.ts";
import { serve, type IterableServer, type ServeOptions } from "../../net/index.ts";
import { checkIpv6Only, dictionary, integer, localAddressOf, port } from "./checks.ts";
import { Lifecycle } from "./lifecycle.ts";
import { asNetworkError } from "./network-error.ts";
import { Accepted, TCPSocket } from "./tcp-socket.ts";

/** Options of `TCPServerSocket`. */
export interface TCPServerSocketOptions {
  /** The port to listen on. Default: the system chooses. */
  readonly localPort?: number | undefined;
  /** Clients that the kernel queues until they are accepted. */
  readonly backlog?: number | undefined;
  /** Whether to accept IPv6 clients alone; with the local address `::` only. */
  readonly ipv6Only?: boolean | undefined;
  /** Further options of `serve` of `portcall`, such as an engine or limits. The specification does not have it. */
  readonly portcall?: Omit<ServeOptions, "codec" | "host" | "path" | "fd"> | undefined;
}

/** What is known of a `TCPServerSocket` that listens. */
export interface TCPServerSocketOpenInfo {
  /** The accepted connections. Reading it accepts the next one, and cancelling it stops listening. */
  readonly readable: ReadableStream<TCPSocket>;
  /** The local IP address. */
  readonly localAddress: string;
  /** The local port. */
  readonly localPort: number;
}

/**
 * A socket that listens for TCP connections, as the Direct Sockets API has it.
 *
 * @example
 * const server = new TCPServerSocket("127.0.0.1", { localPort: 8888 });
 * const { readable } = await server.opened;
 * for await (const socket of readable) {
 *   const connection = await socket.opened;
 *   void connection.readable.pipeTo(connection.writable);
 * }
 */
export class TCPServerSocket {
  readonly #life = new Lifecycle<TCPServerSocketOpenInfo>();
  #readable: ReadableStream<TCPSocket> | undefined = undefined;

  /**
   * Listens on an IP address of this machine.
   *
   * @throws {TypeError} at once, for an invalid argument.
   */
  constructor(localAddress: string, options: TCPServerSocketOptions = {}) {
    const { localPort, backlog, ipv6Only, portcall } = dictionary("TCPServerSocket", options);
    const host = localAddressOf(localAddress);
    const serveOptions: ServeOptions & { readonly path: undefined; readonly fd: undefined } = {
      ...dictionary("TCPServerSocket: portcall", portcall),
      host,
      port: localPort === undefined ? 0 : port("localPort", localPort, 1),
      backlog: backlog === undefined ? undefined : integer("backlog", backlog, 1, 4_294_967_295),
      ipv6Only: checkIpv6Only(ipv6Only, host),
      path: undefined,
      fd: undefined,
    };
    serve(serveOptions).then(
      (server) => {
        this.#open(server);
      },
      (error: unknown) => {
        this.#life.hasFailed(asNetworkError(error));
      },
    );
  }

  /** Resolves when the socket listens, to the stream of connections and its address. Rejects with a `NetworkError`. */
  get opened(): Promise<TCPServerSocketOpenInfo> {
    return this.#life.opened;
  }

  /** Resolves when the socket has stopped listening. */
  get closed(): Promise<undefined> {
    return this.#life.closed;
  }

  /**
   * Stops listening, and returns `closed`. Accepted connections stay open.
   *
   * @throws {DOMException} `InvalidStateError` (rejects) before the socket listens, and while `readable` is locked.
   */
  close(): Promise<undefined> {
    const readable = this.#readable;
    return this.#life.close(readable === undefined ? [] : [readable], () => void readable?.cancel());
  }

  #open(server: IterableServer<Uint8Array, Uint8Array, TcpAddress>): void {
    const connections = server[Symbol.asyncIterator]();
    this.#readable = new globalThis.ReadableStream<TCPSocket>(
      {
        pull: async (controller) => {
          const { done, value } = await connections.next();
          if (done !== true) controller.enqueue(new TCPSocket(new Accepted(value) as unknown as string, 0));
        },
        cancel: () => {
          // Accepted connections belong to the program.
          void server.close({ drainMs: Infinity });
          this.#life.hasClosed(undefined);
        },
      },
      { highWaterMark: 0 },
    );
    const { host, port: localPort } = server.address;
    this.#life.hasOpened({ readable: this.#readable, localAddress: host, localPort });
  }
}
