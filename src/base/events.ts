/**
 * Everything that can happen, stage by stage, as one tagged union.
 *
 * Emitters do not know who listens. Every event has `type` and `atMs` (monotonic,
 * the clock's own zero); what belongs to a connection carries its number, and each
 * connection that has `opened` has exactly one `closed`. Bytes are events of their
 * own (`BytesEvent`), which exist only while somebody listens for them.
 */
import type { Address } from "./address.ts";
import type { Attempt, NetError, Stage } from "./errors.ts";

/** A connection's number: unique within its server or its `connect` call's process. */
export type ConnectionId = number;

/** How a connection ended. */
export interface Ending {
  /**
   * - `fin`: both sides said that they were done.
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

interface Common {
  readonly atMs: number;
}

interface OnConnection extends Common {
  readonly connection: ConnectionId;
}

/** Something that happened, without its bytes. */
export type SocketEvent =
  // establishing a connection
  | (Common & { readonly type: "resolveStarted"; readonly host: string })
  | (Common & { readonly type: "resolved"; readonly host: string; readonly addresses: readonly string[]; readonly durationMs: number })
  | (Common & { readonly type: "resolveFailed"; readonly host: string; readonly error: NetError; readonly durationMs: number })
  | (Common & { readonly type: "attemptStarted"; readonly address: string })
  | (Common & { readonly type: "attemptEnded"; readonly attempt: Attempt })
  | (Common & { readonly type: "connectFailed"; readonly error: NetError })
  // a connection's life
  | (OnConnection & {
      readonly type: "opened";
      readonly role: "client" | "server";
      readonly local: Address;
      readonly remote: Address | undefined;
      /** From the start of connecting; 0 for an accepted connection. */
      readonly durationMs: number;
    })
  | (OnConnection & { readonly type: "finReceived" })
  | (OnConnection & { readonly type: "finSent" })
  | (OnConnection & { readonly type: "handlerFailed"; readonly error: NetError })
  | (OnConnection & { readonly type: "closed"; readonly ending: Ending })
  // a server's life
  | (Common & { readonly type: "listening"; readonly address: Address; readonly backlog: number })
  | (Common & { readonly type: "acceptFailed"; readonly error: NetError })
  | (Common & {
      readonly type: "refused";
      readonly remote: Address | undefined;
      /** Which limit bit: the server's own, or the process's descriptors. */
      readonly reason: "connections" | "descriptors";
      /** How many connections are held. */
      readonly connections: number;
      readonly limit: number;
    })
  | (Common & { readonly type: "acceptingPaused"; readonly reason: "concurrency" | "asked" })
  | (Common & { readonly type: "acceptingResumed" })
  | (Common & { readonly type: "draining"; readonly connections: number; readonly drainMs: number })
  | (Common & { readonly type: "serverClosed"; readonly connectionsTotal: number });

/** Bytes that crossed a connection; the view is valid only during the call. */
export interface BytesEvent extends OnConnection {
  readonly type: "bytesReceived" | "bytesSent";
  readonly bytes: Uint8Array;
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
export function tell<Event>(observer: ((event: Event) => void) | undefined, event: Event): void {
  if (observer === undefined) return;
  try {
    observer(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
