/**
 * All events as one tagged union, by stage.
 *
 * Emitters do not depend on observers. Every event has `type` and `atMs` (monotonic, in milliseconds).
 * Events of a connection carry its number. Each connection that has `opened` has exactly one
 * `closed`. Bytes are separate events (`BytesEvent`), created only if an observer asks for them.
 */
import type { Address, UdpAddress } from "./address/address.ts";
import type { Attempt, NetError, Stage } from "./errors.ts";

/** A connection's number: unique within its server, or within the process for `connect`. */
export type ConnectionId = number;

/** How a connection closed. */
export interface CloseInfo {
  /**
   * - `fin`: in good order. Both sides sent FIN, or ours did and the peer did not follow within
   *   `lingerTimeoutMs`.
   * - `reset`: the peer sent RST, or the system gave up on the peer.
   * - `timeout`: a timeout of this side fired; `error` has which.
   * - `limit`: the peer exceeded a limit: its message was too long, or it did not read what we sent.
   * - `protocol`: the received bytes are invalid for the codec, or end inside a message.
   * - `aborted`: this side aborted, by `abort()` or at the end of a drain.
   * - `failed`: the handler threw, or the system failed.
   */
  readonly how: "fin" | "reset" | "timeout" | "limit" | "protocol" | "aborted" | "failed";
  /** Which side closed it; for `fin`, which side finished first. */
  readonly by: "peer" | "us";
  /** The stage at which it closed: `close` in good order, else the stage of the error. */
  readonly stage: Stage;
  /** Bytes received. */
  readonly bytesReceived: number;
  /** Bytes that the kernel accepted for sending. */
  readonly bytesSent: number;
  /** Bytes that were written but never reached the kernel. */
  readonly bytesUnsent: number;
  /** Time from opening to closing, in milliseconds. */
  readonly durationMs: number;
  /** The reason, unless both sides closed in good order. */
  readonly error: NetError | undefined;
}

/** How a datagram socket closed, and its traffic. */
export interface DatagramCloseInfo {
  /**
   * - `closed`: by this side.
   * - `timeout`: nothing was received for too long; `error` has which timeout fired.
   */
  readonly how: "closed" | "timeout";
  /** Datagrams received, including discarded ones. */
  readonly datagramsReceived: number;
  /** Bytes in the received datagrams. */
  readonly bytesReceived: number;
  /** Datagrams that the system accepted for sending. */
  readonly datagramsSent: number;
  /** Bytes in the sent datagrams. */
  readonly bytesSent: number;
  /** Datagrams received and discarded because the receive queue was full. */
  readonly datagramsDropped: number;
  /** Time from opening to closing, in milliseconds. */
  readonly durationMs: number;
  /** The timeout that closed the socket, or `undefined`. */
  readonly error: NetError | undefined;
}

/** What every event has. */
export interface TimedEvent {
  /** When it happened, in milliseconds on the clock of the option `clock`. Only differences have a meaning. */
  readonly atMs: number;
}

/** What every event of a connection has. */
export interface ConnectionEvent extends TimedEvent {
  /** The connection's number, as in `Connection.id`. */
  readonly connection: ConnectionId;
}

/** What every event of a datagram socket has. */
export interface DatagramEvent extends TimedEvent {
  /** The socket's number, unique in the process. */
  readonly socket: number;
}

/** An event of a connection, a server or a datagram socket. `Observers` has the bytes. */
export type SocketEvent =
  // establishing a connection
  /** Name resolution begins. */
  | (TimedEvent & { readonly type: "resolveStarted"; readonly host: string })
  /** The addresses of the name, best first. A resolver that answers in parts causes one event per part. */
  | (TimedEvent & {
      readonly type: "resolved";
      readonly host: string;
      readonly addresses: readonly string[];
      readonly durationMs: number;
    })
  /** The name has no address, or no name server answered; `connectFailed` follows. */
  | (TimedEvent & {
      readonly type: "resolveFailed";
      readonly host: string;
      readonly error: NetError;
      readonly durationMs: number;
    })
  /** An attempt to connect to one address begins. Several attempts may run at the same time. */
  | (TimedEvent & { readonly type: "attemptStarted"; readonly address: string })
  /** That attempt connected, failed, or was abandoned because another one connected first. */
  | (TimedEvent & { readonly type: "attemptEnded"; readonly attempt: Attempt })
  /** The proxy is connected and receives the request for the target; it resolves the target's name itself. */
  | (TimedEvent & { readonly type: "handshakeStarted"; readonly proxy: string; readonly target: string })
  /** The proxy has connected to the target, or `error` has why not. */
  | (TimedEvent & {
      readonly type: "handshakeEnded";
      readonly proxy: string;
      readonly target: string;
      readonly durationMs: number;
      readonly error: NetError | undefined;
    })
  /** With `startTls`: something was sent, in plain text, to make the server start TLS. */
  | (TimedEvent & {
      readonly type: "startTlsSent";
      /** The value of `startTls`. */
      readonly protocol: string;
      /** The text; of a binary protocol, its bytes as hexadecimal numbers. */
      readonly text: string;
    })
  /** With `startTls`: a part of the server's answer was read, such as a line. */
  | (TimedEvent & { readonly type: "startTlsReceived"; readonly protocol: string; readonly text: string })
  /** An attempt has failed, and `retry` schedules another after a delay. */
  | (TimedEvent & {
      readonly type: "retryScheduled";
      /** Number of failed attempts so far. */
      readonly tries: number;
      readonly delayMs: number;
      readonly error: NetError;
    })
  /** `connect` fails: its promise rejects with this error. */
  | (TimedEvent & { readonly type: "connectFailed"; readonly error: NetError })
  // a connection's life
  /** A connection is open: one that you opened, or an accepted client's. */
  | (ConnectionEvent & {
      readonly type: "opened";
      readonly role: "client" | "server";
      readonly local: Address;
      readonly remote: Address | undefined;
      /** From the start of connecting; 0 for an accepted connection. */
      readonly durationMs: number;
    })
  /** The peer has sent FIN; you may continue to send. */
  | (ConnectionEvent & { readonly type: "finReceived" })
  /** This side has sent FIN; you may continue to receive. */
  | (ConnectionEvent & { readonly type: "finSent" })
  /** The handler threw: its connection is reset, and the server continues. */
  | (ConnectionEvent & { readonly type: "handlerFailed"; readonly error: NetError })
  /** The connection is closed; exactly one per `opened`. */
  | (ConnectionEvent & { readonly type: "closed"; readonly closeInfo: CloseInfo })
  // a server's life
  /** The server listens on this address; one event per address, if there are several (`localhost`). */
  | (TimedEvent & { readonly type: "listening"; readonly address: Address; readonly backlog: number })
  /** The system could not accept a client; the server continues to listen. */
  | (TimedEvent & { readonly type: "acceptFailed"; readonly error: NetError })
  /** A client was refused: a limit is reached, or its address is not allowed. */
  | (TimedEvent & {
      readonly type: "refused";
      readonly remote: Address | undefined;
      /**
       * - `address`: `deny` contains its address, or `allow` does not.
       * - `connections`: the server holds its maximum number of connections.
       * - `source`: its source holds the maximum number of connections per source.
       * - `rate`: its source opened too many connections in a short time.
       * - `descriptors`: the process has too few descriptors left.
       */
      readonly reason: "address" | "connections" | "source" | "rate" | "descriptors";
      /** Number of open connections. */
      readonly connections: number;
      /** The limit that is exceeded; none for `address`. */
      readonly limit: number | undefined;
    })
  /**
   * A connection was closed before it became a client: its PROXY protocol header is invalid, late, or from an address
   * that is not trusted.
   */
  | (TimedEvent & {
      readonly type: "proxyHeaderFailed";
      /** The sender: the load balancer, if it is one. */
      readonly remote: Address | undefined;
      readonly error: NetError;
    })
  /** The TLS handshake with a client failed, and its connection is closed. */
  | (TimedEvent & {
      readonly type: "tlsHandshakeFailed";
      readonly remote: Address | undefined;
      /** Has the reason: `code` is its class, and `message` has the facts. */
      readonly error: NetError;
    })
  /** New clients wait in the backlog: the concurrency limit is reached, or `pause()` was called. */
  | (TimedEvent & { readonly type: "acceptingPaused"; readonly reason: "concurrency" | "requested" })
  /** The server accepts clients again, those in the backlog first. */
  | (TimedEvent & { readonly type: "acceptingResumed" })
  /** `close()` was called: the server accepts no more clients, and open connections may finish. */
  | (TimedEvent & { readonly type: "draining"; readonly connections: number; readonly drainMs: number })
  /** The server has stopped listening, and its last connection has closed. */
  | (TimedEvent & { readonly type: "serverClosed"; readonly connectionsTotal: number })
  // a datagram socket's life
  /** A datagram socket is open: bound, or connected to one peer. */
  | (DatagramEvent & {
      readonly type: "datagramsOpened";
      /** The local addresses of the socket. There are several if the name to bind to, or the peer's name, has several addresses (`localhost`). */
      readonly addresses: readonly UdpAddress[];
      /** The only peer it receives from; `undefined` on a bound socket, which receives from all. */
      readonly remote: UdpAddress | undefined;
    })
  /** A datagram was received. */
  | (DatagramEvent & {
      readonly type: "datagramReceived";
      readonly from: UdpAddress;
      /** Its destination: a local address or a multicast group; see `Datagram.local`. */
      readonly local: UdpAddress;
      readonly length: number;
    })
  /** The system accepted a datagram for sending. UDP does not report whether it arrives. */
  | (DatagramEvent & { readonly type: "datagramSent"; readonly to: UdpAddress; readonly length: number })
  /** Received datagrams were discarded. Emitted at the first of a run, and again with the rest at its end. */
  | (DatagramEvent & {
      readonly type: "datagramsDropped";
      readonly count: number;
      /** The limit that was exceeded, in bytes. */
      readonly limit: number;
    })
  /** The network, or the peer's system, refused a datagram that had been sent. */
  | (DatagramEvent & { readonly type: "datagramRefused"; readonly error: NetError })
  /** The datagram socket is closed; exactly one per `datagramsOpened`. */
  | (DatagramEvent & { readonly type: "datagramsClosed"; readonly closeInfo: DatagramCloseInfo });

/** Bytes that crossed a connection; the view is valid only during the call. */
export interface BytesEvent extends ConnectionEvent {
  /** The direction. */
  readonly type: "bytesReceived" | "bytesSent";
  /** The bytes, as they cross the network. Copy what you keep. */
  readonly bytes: Uint8Array;
}

/** A datagram that a socket has sent or received; the view of its bytes is valid only during the call. */
export interface DatagramBytesEvent extends DatagramEvent {
  /** The direction. */
  readonly type: "datagramBytesReceived" | "datagramBytesSent";
  /** The sender of a received datagram, the receiver of a sent one. */
  readonly peer: UdpAddress;
  /** The content of the datagram. Copy what you keep. */
  readonly bytes: Uint8Array;
}

/** The observers of a datagram socket. */
export interface DatagramObservers {
  /** Called for every event. */
  readonly onEvent?: ((event: SocketEvent) => void) | undefined;
  /** Called with the bytes of each datagram when it is received, or accepted by the system for sending. */
  readonly onDatagram?: ((event: DatagramBytesEvent) => void) | undefined;
}

/** The observers of connections. */
export interface Observers {
  /** Called for every event. */
  readonly onEvent?: ((event: SocketEvent) => void) | undefined;
  /** Called with the bytes of each connection when they are received, or passed to the kernel. */
  readonly onBytes?: ((event: BytesEvent) => void) | undefined;
}

/**
 * Calls an observer without letting its errors reach the code it observes: an error is rethrown in a
 * microtask, as an uncaught error of the program.
 */
export function emit<Event>(observer: ((event: Event) => void) | undefined, event: Event): void {
  if (observer === undefined) return;
  try {
    observer(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
