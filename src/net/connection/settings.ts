/**
 * The options of a connection as they are given, and the settings that they become: see options/connection-settings.ts.
 */
import type { Observers } from "../../base/events.ts";
import type { Clock } from "../../base/clock.ts";
import type { Engine, EngineChoice } from "../../wire/index.ts";
import type { Watch } from "../diagnostics.ts";
import type { Turn } from "../timing/turn.ts";

/** Options of every TCP socket that the epoll engine has beyond `noDelay` and `keepAliveMs`. */
export interface SocketOptions {
  /**
   * Between two questions of the kernel whether the peer lives, once it has been idle for
   * `keepAliveMs` (TCP_KEEPINTVL); whole seconds, upward. A second unless given.
   */
  readonly keepAliveIntervalMs?: number | undefined;
  /**
   * How many of these questions go without an answer before the connection ends with
   * ETIMEDOUT (TCP_KEEPCNT), 1 to 127; 10 unless given.
   */
  readonly keepAliveProbes?: number | undefined;
  /**
   * How long the peer's machine may acknowledge nothing of what was sent, or of the questions
   * of keep-alive, which are not counted then: after that the connection ends with ETIMEDOUT
   * (TCP_USER_TIMEOUT). Unless given, the kernel tries for a quarter of an hour or so. A peer that is there
   * and does not read is `writeStallTimeoutMs`' to end, if sooner.
   */
  readonly userTimeoutMs?: number | undefined;
  /**
   * Bytes that the kernel holds of what has come and was not read (SO_RCVBUF), which bounds what the peer
   * may send ahead. The kernel doubles it for its own needs, and takes no more than `net.core.rmem_max`.
   * Unless given, it finds the size itself, and mostly finds it well.
   */
  readonly receiveBufferBytes?: number | undefined;
  /** The same for what was sent and is not acknowledged (SO_SNDBUF, `net.core.wmem_max`). */
  readonly sendBufferBytes?: number | undefined;
}

/** Options that every connection has, client's or server's. Milliseconds; `Infinity` turns a deadline off. */
export interface ConnectionOptions extends SocketOptions, Observers {
  /** Until the peer's first byte. */
  readonly firstByteTimeoutMs?: number | undefined;
  /**
   * While we wait for the peer; only the peer's bytes count, and the time a handler takes does not.
   *
   * A read with a `timeoutMs` of its own waits that long: the defaults of `firstByteTimeoutMs`, `idleTimeoutMs` and
   * `messageTimeoutMs` do not count during it. Those that are given here count in any case.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * While nothing moves in either direction: no byte is received, and the peer takes none of ours. It does not run
   * while you leave what the peer sends unread. `Infinity` unless set.
   */
  readonly inactivityTimeoutMs?: number | undefined;
  /** From the first byte of a message to its last. */
  readonly messageTimeoutMs?: number | undefined;
  /** While the peer takes nothing of what we send. */
  readonly writeStallTimeoutMs?: number | undefined;
  /** When one direction has ended: while nothing moves in the other. */
  readonly halfCloseTimeoutMs?: number | undefined;
  /** After `close()` has sent FIN: how long late bytes are thrown away until the peer's FIN. */
  readonly lingerTimeoutMs?: number | undefined;
  /** Bytes taken in before a reader asks for them. */
  readonly readBufferBytesMax?: number | undefined;
  /** Bytes that may wait to be sent; a write behind others that have not resolved is rejected past it. */
  readonly writeQueueBytesMax?: number | undefined;
  /** Small writes go at once (TCP_NODELAY); on unless set to `false`. */
  readonly noDelay?: boolean | undefined;
  /**
   * Idle time before the kernel asks whether the peer lives (SO_KEEPALIVE, TCP_KEEPIDLE): whole seconds,
   * rounded up, up to 32 767 000 ms. 0 or `Infinity` turns it off.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * What moves the bytes, or its name. Unless given, the environment variable `PORTCALL_ENGINE` names it. Unless that
   * is set, it is `auto`, the fastest that works here: `epoll` on Linux, where the addon loads, else `portable`
   * (node:net).
   */
  readonly engine?: Engine | EngineChoice | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** How long a reader waits for the peer. */
export interface ReadTimeouts {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly messageTimeoutMs: number;
}

/** Options with a value for each, as the defaults give them. */
type Complete<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** Options of a connection that the settings have as something else, or that have no default. */
type Other = keyof SocketOptions | keyof Observers | "engine" | "clock";

/** The same, complete. */
export interface ConnectionSettings
  extends Complete<Omit<ConnectionOptions, Other>>, SocketOptions, Watch, ReadTimeouts {
  /** Those that count during a read with a `timeoutMs` of its own: the options that were given, without defaults. */
  readonly givenTimeouts: ReadTimeouts;
  /** What the peer is sent when a deadline closes the connection. */
  readonly farewell: Uint8Array | undefined;
  readonly engine: Engine;
  readonly clock: Clock;
  /** What a turn of the event loop may spend, shared by all that have this clock. */
  readonly turn: Turn;
  readonly onBytes: Observers["onBytes"];
}
