/**
 * A connection as raw mode hands it out.
 */
import type { Address } from "../../base/address/address.ts";
import type { ConnectionId } from "../../base/events.ts";
import type { TcpInfo } from "../../wire/index.ts";
import type { RateLimits } from "../timing/throttle.ts";

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
  /** Whether `write` can still be called: neither has our side ended nor the connection. */
  readonly writable: boolean;
  readonly bytesReceived: number;
  /** What the kernel knows of the connection, as `Connection.tcpInfo` tells. */
  tcpInfo(): TcpInfo | undefined;
  /**
   * Sends. Returns `true` if all of it is taken now: it goes at once, or with what others send in the same
   * batch. Returns `false` if some of it waits; `drained` is called when the system has taken everything.
   *
   * After `false`, bytes of your own must not change until `drained`. The view that `bytes` was called with,
   * or a part of it, may always be given: what of it has to wait is copied. Do not change it afterwards.
   *
   * @throws {TypeError} unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} `ERR_CLOSED` after `end()` or `close()`, and when the connection is over: see `writable`;
   *   `ERR_WRITE_QUEUE_FULL` past `writeQueueBytesMax`.
   */
  write(data: Uint8Array | string): boolean;
  /** Stops reading. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Sends, or receives, no faster than so many bytes a second. */
  limitRate(rates: RateLimits): void;
  /** Lets the process end though the connection is open; see `Connection.unref`. */
  unref(): void;
  /** Keeps the process alive again, as it does at first. */
  ref(): void;
  /** Sends FIN after everything written; what the peer still sends is received. */
  end(): void;
  /** Ends in good order: sends what waits, then FIN, and takes no more in. */
  close(): void;
  /** Ends at once with RST. */
  abort(): void;
}
