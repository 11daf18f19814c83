/** Raw mode: a handler with callbacks. */
import type { CloseInfo } from "../../base/events.ts";
import type { ByteConnection, ByteEvents } from "./byte-connection.ts";
import type { RawConnection } from "./raw-connection.ts";

/** The server of a connection in raw mode. */
export interface RawServer {
  /** Aborted when the server begins to close, so that a handler may finish early. */
  readonly drainSignal: AbortSignal;
}

/**
 * Callbacks of raw mode. They run inside the engine's batch, so none may be async. An error in one closes
 * its own connection only.
 */
export interface RawHandler {
  /** The connection is open: the first callback of each connection. */
  readonly opened?: ((connection: RawConnection, server: RawServer) => void) | undefined;
  /** Bytes were received; the view is valid only during this call. */
  bytes(connection: RawConnection, view: Uint8Array): void;
  /** The peer has sent FIN. Without this callback, the connection is closed then. */
  readonly ended?: ((connection: RawConnection) => void) | undefined;
  /** The kernel has accepted everything written. */
  readonly drained?: ((connection: RawConnection) => void) | undefined;
  /** The connection has closed: the last callback of each connection. */
  readonly closed?: ((connection: RawConnection, closeInfo: CloseInfo) => void) | undefined;
}

/** Runs a raw handler: one instance for all connections of a server. */
export class RawRun implements ByteEvents {
  readonly #handler: RawHandler;
  readonly #server: RawServer;
  readonly #failed: (connection: ByteConnection, thrown: unknown) => void;

  /** @param failed called with the errors of the handler. */
  constructor(
    handler: RawHandler,
    server: RawServer,
    failed: (connection: ByteConnection, thrown: unknown) => void,
  ) {
    this.#handler = handler;
    this.#server = server;
    this.#failed = failed;
  }

  run(connection: ByteConnection): void {
    connection.open(this);
    try {
      this.#handler.opened?.(connection.raw, this.#server);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  bytes(connection: ByteConnection, view: Uint8Array): void {
    try {
      this.#handler.bytes(connection.raw, view);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  peerEnded(connection: ByteConnection): void {
    try {
      if (this.#handler.ended) this.#handler.ended(connection.raw);
      else connection.close();
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  drained(connection: ByteConnection): void {
    if (connection.pendingBytes > 0) return;
    try {
      this.#handler.drained?.(connection.raw);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  closed(connection: ByteConnection, closeInfo: CloseInfo): void {
    try {
      this.#handler.closed?.(connection.raw, closeInfo);
    } catch (error) {
      this.#failed(connection, error);
    }
  }
}
