/**
 * Everything that can happen, stage by stage, as one tagged union.
 *
 * Emitters do not know who listens. Every event has `type` and `atMs` (monotonic,
 * the clock's own zero); what belongs to a connection carries its number, and each
 * connection that has `opened` has exactly one `closed`. Bytes are events of their
 * own (`BytesEvent`), which exist only while somebody listens for them.
 */
import type { Address, UdpAddress } from "./address/address.ts";
import type { Attempt, NetError, Stage } from "./errors.ts";

/** A connection's number: unique within its server or its `connect` call's process. */
export type ConnectionId = number;

/** How a connection ended. */
export interface CloseInfo {
  /**
   * - `fin`: in good order: both sides said that they were done, or ours did and the
   *   peer let the time for it pass (`lingerTimeoutMs`).
   * - `reset`: the peer's RST, or the system gave up on the peer.
   * - `timeout`: one of our deadlines; `error` says which.
   * - `limit`: the peer sent a message longer than allowed, or did not take what we sent.
   * - `protocol`: what came was not what the codec takes, or stopped inside a message.
   * - `aborted`: our side gave up, by `abort()` or at the end of a drain.
   * - `failed`: our handler threw, or the system failed.
   */
  readonly how: "fin" | "reset" | "timeout" | "limit" | "protocol" | "aborted" | "failed";
  /** Who ended it; for `fin`, who was the first to be done. */
  readonly by: "peer" | "us";
  readonly stage: Stage;
  readonly bytesReceived: number;
  /** Bytes that the kernel took from us. */
  readonly bytesSent: number;
  /** Bytes that were written and never reached the kernel. */
  readonly bytesUnsent: number;
  readonly durationMs: number;
  /** Why, unless it ended with `fin` on both sides. */
  readonly error: NetError | undefined;
}

/** How a datagram socket ended, and what crossed it. */
export interface DatagramCloseInfo {
  /**
   * - `closed`: by our side.
   * - `timeout`: nothing came for too long; `error` says which deadline.
   */
  readonly how: "closed" | "timeout";
  readonly datagramsReceived: number;
  readonly bytesReceived: number;
  readonly datagramsSent: number;
  readonly bytesSent: number;
  /** Datagrams that came and were thrown away, because too many waited to be read. */
  readonly datagramsDropped: number;
  readonly durationMs: number;
  readonly error: NetError | undefined;
}

/** When it happened. */
export interface TimedEvent {
  readonly atMs: number;
}

/** On which connection, and when. */
export interface ConnectionEvent extends TimedEvent {
  readonly connection: ConnectionId;
}

/** On which datagram socket, by its number, and when. */
export interface DatagramEvent extends TimedEvent {
  readonly socket: number;
}

/** Something that happened, without its bytes. */
export type SocketEvent =
  // establishing a connection
  /** A name is looked up. */
  | (TimedEvent & { readonly type: "resolveStarted"; readonly host: string })
  /** The name has these addresses, best first. A resolver that answers in parts causes one event for each. */
  | (TimedEvent & {
      readonly type: "resolved";
      readonly host: string;
      readonly addresses: readonly string[];
      readonly durationMs: number;
    })
  /** The name has none, or nobody could be asked; `connectFailed` follows. */
  | (TimedEvent & {
      readonly type: "resolveFailed";
      readonly host: string;
      readonly error: NetError;
      readonly durationMs: number;
    })
  /** One address is knocked at; several may be under way at the same time. */
  | (TimedEvent & { readonly type: "attemptStarted"; readonly address: string })
  /** That address answered, failed, or was abandoned because another answered first. */
  | (TimedEvent & { readonly type: "attemptEnded"; readonly attempt: Attempt })
  /** A proxy is reached, and is asked to connect us to the target; it looks the name up itself. */
  | (TimedEvent & { readonly type: "handshakeStarted"; readonly proxy: string; readonly target: string })
  /** The proxy has connected us, or `error` says why not. */
  | (TimedEvent & {
      readonly type: "handshakeEnded";
      readonly proxy: string;
      readonly target: string;
      readonly durationMs: number;
      readonly error: NetError | undefined;
    })
  /** A try has failed, and `retry` says that there is to be another one, after a pause. */
  | (TimedEvent & {
      readonly type: "retryScheduled";
      /** How many have failed. */
      readonly tries: number;
      readonly delayMs: number;
      readonly error: NetError;
    })
  /** `connect` gives up: its promise rejects with this error. */
  | (TimedEvent & { readonly type: "connectFailed"; readonly error: NetError })
  // a connection's life
  /** A connection is open: ours to a server, or a client's that was let in. */
  | (ConnectionEvent & {
      readonly type: "opened";
      readonly role: "client" | "server";
      readonly local: Address;
      readonly remote: Address | undefined;
      /** From the start of connecting; 0 for an accepted connection. */
      readonly durationMs: number;
    })
  /** The peer has said everything; sending to it may go on. */
  | (ConnectionEvent & { readonly type: "finReceived" })
  /** Our side has said everything; receiving goes on. */
  | (ConnectionEvent & { readonly type: "finSent" })
  /** The handler threw: its connection is reset, the server goes on. */
  | (ConnectionEvent & { readonly type: "handlerFailed"; readonly error: NetError })
  /** The connection has ended; exactly one for each `opened`. */
  | (ConnectionEvent & { readonly type: "closed"; readonly closeInfo: CloseInfo })
  // a server's life
  /** Clients may come to this address; one for each, if there are several (`localhost`). */
  | (TimedEvent & { readonly type: "listening"; readonly address: Address; readonly backlog: number })
  /** The system could not let a client in; the server goes on listening. */
  | (TimedEvent & { readonly type: "acceptFailed"; readonly error: NetError })
  /** A client was turned away: a limit is reached, or its address is not allowed. */
  | (TimedEvent & {
      readonly type: "refused";
      readonly remote: Address | undefined;
      /**
       * - `address`: `deny` has its address, or `allow` has not.
       * - `connections`: as many are here as the server holds.
       * - `source`: as many are here from one source as may be.
       * - `rate`: its source has opened too many in a short time.
       * - `descriptors`: the process has too few left.
       */
      readonly reason: "address" | "connections" | "source" | "rate" | "descriptors";
      /** How many connections are held. */
      readonly connections: number;
      /** What is exceeded; none for `address`. */
      readonly limit: number | undefined;
    })
  /** Further clients wait: as many as may be served are here, or `pause()` was called. */
  | (TimedEvent & { readonly type: "acceptingPaused"; readonly reason: "concurrency" | "asked" })
  /** Clients are let in again, those who waited first. */
  | (TimedEvent & { readonly type: "acceptingResumed" })
  /** `close()` was called: nobody else is let in, and those who are here may finish. */
  | (TimedEvent & { readonly type: "draining"; readonly connections: number; readonly drainMs: number })
  /** The server has stopped listening and its last connection has ended. */
  | (TimedEvent & { readonly type: "serverClosed"; readonly connectionsTotal: number })
  // a datagram socket's life
  /** A datagram socket is open: bound, or dialed to one peer. */
  | (DatagramEvent & {
      readonly type: "datagramsOpened";
      /** Where it is; several, if its name or its peer's has several addresses (`localhost`). */
      readonly addresses: readonly UdpAddress[];
      /** The only one who is heard; `undefined` on a bound socket, which hears everybody. */
      readonly remote: UdpAddress | undefined;
    })
  /** A datagram came. */
  | (DatagramEvent & {
      readonly type: "datagramReceived";
      readonly from: UdpAddress;
      /** Where it was sent to: an address of ours, or a group; see `Datagram.local`. */
      readonly local: UdpAddress;
      readonly length: number;
    })
  /** The system took a datagram from us; nobody says whether it arrives. */
  | (DatagramEvent & { readonly type: "datagramSent"; readonly to: UdpAddress; readonly length: number })
  /** Datagrams came and were thrown away; told at the first of a run, and with the rest when it is over. */
  | (DatagramEvent & {
      readonly type: "datagramsDropped";
      readonly count: number;
      /** Which limit bit, in bytes. */
      readonly limit: number;
    })
  /** The network, or the peer's system, refused a datagram that had been sent. */
  | (DatagramEvent & { readonly type: "datagramRefused"; readonly error: NetError })
  /** The datagram socket is closed; exactly one for each `datagramsOpened`. */
  | (DatagramEvent & { readonly type: "datagramsClosed"; readonly closeInfo: DatagramCloseInfo });

/** Bytes that crossed a connection; the view is valid only during the call. */
export interface BytesEvent extends ConnectionEvent {
  readonly type: "bytesReceived" | "bytesSent";
  readonly bytes: Uint8Array;
}

/** A datagram that crossed a datagram socket; the view of its bytes is valid only during the call. */
export interface DatagramBytesEvent extends DatagramEvent {
  readonly type: "datagramBytesReceived" | "datagramBytesSent";
  readonly peer: UdpAddress;
  readonly bytes: Uint8Array;
}

/** Who watches a datagram socket. */
export interface DatagramObservers {
  /** Called for everything that happens. */
  readonly onEvent?: ((event: SocketEvent) => void) | undefined;
  /** Called with each datagram's bytes, as it is received and as the system has taken it. */
  readonly onDatagram?: ((event: DatagramBytesEvent) => void) | undefined;
}

/** Who watches. */
export interface Observers {
  /** Called for everything that happens. */
  readonly onEvent?: ((event: SocketEvent) => void) | undefined;
  /** Called with the bytes of each connection, as they are received and as they are given to the kernel. */
  readonly onBytes?: ((event: BytesEvent) => void) | undefined;
}

/**
 * Calls an observer so that its own failure can not harm what it watches: it is
 * thrown where no connection is on the stack, as an uncaught error of the program.
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
