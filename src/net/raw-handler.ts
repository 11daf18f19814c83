/**
 * Raw mode: a handler that is called as things happen.
 */
import type { Ending } from "../base/events.ts";
import type { ByteConnection, RawConnection } from "./byte-connection.ts";

/**
 * Callbacks of raw mode. They run inside the engine's batch: none may be async, and
 * one that throws costs its own connection, nothing else.
 */
export interface RawHandler {
  opened?(connection: RawConnection): void;
  /** Bytes came; the view is valid only during this call. */
  bytes(connection: RawConnection, view: Uint8Array): void;
  /** The peer has ended; without this callback the connection is then closed. */
  ended?(connection: RawConnection): void;
  /** Everything written has been taken by the kernel. */
  drained?(connection: RawConnection): void;
  closed?(connection: RawConnection, ending: Ending): void;
}

/** Runs a raw handler on a connection; settles when it has ended, or rejects with what the handler threw. */
export function runRaw(connection: ByteConnection, handler: RawHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    const guarded = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        reject(error);
      }
    };
    connection.open({
      // Called for every chunk, so not through `guarded`: that would make a closure each time.
      bytes(view) {
        try {
          handler.bytes(connection, view);
        } catch (error) {
          reject(error);
        }
      },
      peerEnded() {
        guarded(() => {
          if (handler.ended) handler.ended(connection);
          else connection.close();
        });
      },
      drained() {
        if (connection.pendingBytes === 0) guarded(() => handler.drained?.(connection));
      },
      closed(ending) {
        guarded(() => handler.closed?.(connection, ending));
        resolve();
      },
    });
    guarded(() => handler.opened?.(connection));
  });
}
