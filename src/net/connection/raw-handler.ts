/**
 * Raw mode: a handler that is called as things happen.
 */
import type { CloseInfo } from "../../base/events.ts";
import type { ByteConnection, ByteEvents } from "./byte-connection.ts";
import type { RawConnection } from "./raw-connection.ts";

/** The server of a connection in raw mode. */
export interface RawServer {
  /** Aborted when the server begins to close: a handler may finish early. */
  readonly drainSignal: AbortSignal;
}

/**
 * Callbacks of raw mode. They run inside the engine's batch: none may be async, and
 * one that throws costs its own connection, nothing else.
 */
export interface RawHandler {
  readonly opened?: ((connection: RawConnection, server: RawServer) => void) | undefined;
  /** Bytes came; the view is valid only during this call. */
  bytes(connection: RawConnection, view: Uint8Array): void;
  /** The peer has ended; without this callback the connection is then closed. */
  readonly ended?: ((connection: RawConnection) => void) | undefined;
  /** Everything written has been taken by the kernel. */
  readonly drained?: ((connection: RawConnection) => void) | undefined;
  readonly closed?: ((connection: RawConnection, closeInfo: CloseInfo) => void) | undefined;
}

/** A raw handler at work: one for all connections of a server. */
export class RawRun implements ByteEvents {
  readonly #handler: RawHandler;
  readonly #server: RawServer;
  readonly #failed: (connection: ByteConnection, thrown: unknown) => void;

  /** @param failed told of what the handler throws. */
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
      this.#handler.opened?.(connection, this.#server);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  bytes(connection: ByteConnection, view: Uint8Array): void {
    try {
      this.#handler.bytes(connection, view);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  peerEnded(connection: ByteConnection): void {
    try {
      if (this.#handler.ended) this.#handler.ended(connection);
      else connection.close();
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  drained(connection: ByteConnection): void {
    if (connection.pendingBytes > 0) return;
    try {
      this.#handler.drained?.(connection);
    } catch (error) {
      this.#failed(connection, error);
    }
  }

  closed(connection: ByteConnection, closeInfo: CloseInfo): void {
    try {
      this.#handler.closed?.(connection, closeInfo);
    } catch (error) {
      this.#failed(connection, error);
    }
  }
}
