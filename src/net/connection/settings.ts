/** The options of a connection, and the type of its settings; options/connection-settings.ts converts them. */
import type { Observers } from "../../base/events.ts";
import type { Clock } from "../../base/clock.ts";
import type { Engine, EngineChoice } from "../../wire/index.ts";
import type { Watch } from "../diagnostics.ts";
import type { Turn } from "../timing/turn.ts";

/** TCP socket options that the native engines support in addition to `noDelay` and `keepAliveMs`. */
export interface SocketOptions {
  /**
   * Interval of keep-alive probes, once the connection has been idle for `keepAliveMs` (TCP_KEEPINTVL). Whole seconds,
   * rounded up. Default: 1 s.
   */
  readonly keepAliveIntervalMs?: number | undefined;
  /** Number of unanswered probes after which the connection closes with ETIMEDOUT (TCP_KEEPCNT), 1 to 127. Default: 10. */
  readonly keepAliveProbes?: number | undefined;
  /**
   * How long sent data or keep-alive probes may stay unacknowledged before the connection closes with ETIMEDOUT
   * (TCP_USER_TIMEOUT). It replaces `keepAliveProbes`. The kernel's default is about 15 minutes. For a peer that
   * acknowledges but does not read, see `writeStallTimeoutMs`.
   */
  readonly userTimeoutMs?: number | undefined;
  /**
   * Size of the kernel's receive buffer in bytes (SO_RCVBUF), which limits what the peer may send before you read. The
   * kernel doubles it for its own needs, and caps it at `net.core.rmem_max`. By default the kernel tunes the size
   * itself, which is usually best.
   */
  readonly receiveBufferBytes?: number | undefined;
  /**
   * Size of the kernel's send buffer in bytes (SO_SNDBUF), for sent but unacknowledged data. The kernel doubles it for
   * its own needs, and caps it at `net.core.wmem_max`. By default the kernel tunes the size itself.
   */
  readonly sendBufferBytes?: number | undefined;
}

/** Options of every connection, client or server. Times are in milliseconds; `Infinity` disables a timeout. */
export interface ConnectionOptions extends SocketOptions, Observers {
  /** Timeout until the peer's first byte. */
  readonly firstByteTimeoutMs?: number | undefined;
  /**
   * Timeout for a silent peer while a read waits. Only received bytes count as activity; the time of your handler does
   * not count.
   *
   * A read with its own `timeoutMs` overrides the default values of `firstByteTimeoutMs`, `idleTimeoutMs` and
   * `messageTimeoutMs`. Values that you set here still apply.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Timeout while nothing moves in either direction: no byte is received, and the peer accepts none. It is suspended
   * while received bytes are unread. Default: `Infinity`.
   */
  readonly inactivityTimeoutMs?: number | undefined;
  /** Timeout from the first byte of a message to its last. */
  readonly messageTimeoutMs?: number | undefined;
  /** Timeout while the peer accepts no data. */
  readonly writeStallTimeoutMs?: number | undefined;
  /** Timeout after one direction has ended, while nothing moves in the other. */
  readonly halfCloseTimeoutMs?: number | undefined;
  /** After `close()` has sent FIN: how long to discard further input while waiting for the peer's FIN. */
  readonly lingerTimeoutMs?: number | undefined;
  /** Bytes received before you read them; beyond it, TCP flow control stops the peer. */
  readonly readBufferBytesMax?: number | undefined;
  /** Bytes that may be queued for sending; a write beyond it is rejected if earlier writes have not resolved. */
  readonly writeQueueBytesMax?: number | undefined;
  /** Sends small writes at once (TCP_NODELAY). Default: `true`. */
  readonly noDelay?: boolean | undefined;
  /**
   * Idle time before the kernel probes whether the peer is alive (SO_KEEPALIVE, TCP_KEEPIDLE). Whole seconds, rounded
   * up, at most 32 767 000 ms. 0 or `Infinity` disables it.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * The engine, or its name. The default is the environment variable `PORTCALL_ENGINE`, and without that `auto`: the
   * fastest engine that works on this system. That is `epoll` on Linux if the addon loads, else `portable` (node:net).
   */
  readonly engine?: Engine | EngineChoice | undefined;
  /** The source of time. */
  readonly clock?: Clock | undefined;
}

/** Timeouts of a waiting read. */
export interface ReadTimeouts {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly messageTimeoutMs: number;
}

/** Options with all defaults filled in. */
type Complete<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** Options that the settings store in another form, or that have no default. */
type Other = keyof SocketOptions | keyof Observers | "engine" | "clock";

/** Connection options with all defaults filled in. */
export interface ConnectionSettings
  extends Complete<Omit<ConnectionOptions, Other>>, SocketOptions, Watch, ReadTimeouts {
  /** The timeouts during a read with its own `timeoutMs`: explicit values, and no defaults. */
  readonly givenTimeouts: ReadTimeouts;
  /** Bytes to send to the peer when a timeout closes the connection. */
  readonly farewell: Uint8Array | undefined;
  readonly engine: Engine;
  readonly clock: Clock;
  /** The budget per turn of the event loop, shared by all connections with this clock. */
  readonly turn: Turn;
  readonly onBytes: Observers["onBytes"];
}
