/**
 * A connection as raw mode hands it out.
 */
import type { Address } from "../base/address.ts";
import type { ConnectionId } from "../base/events.ts";
import type { TcpInfo } from "../wire/index.ts";
import type { RateLimits } from "./pace.ts";

/** A connection in raw mode: nothing is awaited, nothing is copied. */
export interface RawConnection {
  readonly id: ConnectionId;
  readonly local: Address;
  /** The peer; `undefined` if it had gone before it could be asked for. */
  readonly remote: Address | undefined;
  /** For the handler's own use. */
  data: unknown;
  /** Bytes written that the kernel has not taken. */
  readonly pendingBytes: number;
  readonly bytesReceived: number;
  /** What the kernel knows of the connection, as `Connection.tcpInfo` tells. */
  tcpInfo(): TcpInfo | undefined;
  /**
   * Sends. Returns `true` if it is taken: it goes now, or with what the others of the batch send. `false`
   * if it waits (see `drained`), or if the connection has ended. The bytes must not change while
   * they wait; the view that `bytes` was called with may be given, and must not be changed then.
   *
   * @throws {TypeError} unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} `ERR_WRITE_QUEUE_FULL` past `writeQueueBytesMax`.
   */
  write(data: Uint8Array | string): boolean;
  /** Stops reading. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Sends, or receives, no faster than so many bytes a second. */
  limitRate(rates: RateLimits): void;
  /** Sends FIN after everything written; what the peer still sends is received. */
  end(): void;
  /** Ends in good order: sends what waits, then FIN, and takes no more in. */
  close(): void;
  /** Ends at once with RST. */
  abort(): void;
}
