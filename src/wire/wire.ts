/**
 * The contract between the library and the engines that move its bytes.
 *
 * The contract suits an engine that reads many sockets into one arena and enters JavaScript once per batch.
 *
 *     accepted / connect ──▶ idle ── start() ──▶ open ──▶ closed(error?)
 *                                        bytes* ended?   exactly once, last
 */
import type { Socket } from "node:net";
import type { Address, TcpAddress, UdpAddress, UnixAddress } from "../base/address/address.ts";
import type { DatagramWire, DatagramWireOptions } from "./datagram.ts";
import type { EngineOption, WireConnectOptions, WireListenOptions, WireOptions } from "./socket-options.ts";
import type { TcpInfo } from "./tcp-info.ts";
import type { TlsInfo } from "./tls-info.ts";
import type { WireError } from "./wire-error.ts";

export type { EngineOption, WireConnectOptions, WireListenOptions, WireOptions } from "./socket-options.ts";
export type { TcpInfo } from "./tcp-info.ts";
export { WireError } from "./wire-error.ts";

/** The name of an engine. */
export type EngineName = "portable" | "epoll" | "io_uring" | "memory";

/** Events of a wire. No event before `start` or after `closed`. */
export interface WireEvents {
  /** Bytes arrived; see `Wire` for how long the view is valid. Never empty. */
  bytes(view: Uint8Array): void;
  /** The peer's FIN: no more bytes follow. At most once. */
  ended(): void;
  /**
   * The wire is full although it has taken all that was written: not every deferred send was complete. Do not write
   * during this call.
   */
  readonly filled?: (() => void) | undefined;
  /** A full wire has passed all its bytes to the kernel. */
  drained(): void;
  /**
   * The wire has closed: after `close()`, after both directions ended, or with `error`. Everything that the peer sent
   * before is delivered first, even if a send failed before it was read (data before reset).
   */
  closed(error: WireError | undefined): void;
}

/**
 * One open stream socket of an engine. It delivers received bytes, takes bytes to send, reports the end of each
 * direction, and closes once. It has no timeouts, no queue of its own and no policy: all of that is the library's.
 *
 * - Events are plain calls, without a promise or an object per event. One batch is many calls in a row, in the order
 *   of events on each wire.
 * - A view passed to `bytes` is valid only during that call, unless the engine says that its views are stable. Copy
 *   bytes that you keep longer.
 * - During `bytes`, that same view (or a part of it) may be passed to `write` of any wire of the engine. The engine
 *   copies what it cannot send at once.
 * - A wire takes a write or reports that it is full. Do not write to a full wire.
 * - Sends during a batch may be deferred to its end, and combined into one system call. The wire has taken them then.
 *   If the kernel turns out to have no room, the wire reports that with `filled`, before any other event. Bytes of a
 *   view that was passed back must not change until the batch is over, including the promise jobs of its handlers.
 */
export interface Wire {
  /** The local address. */
  readonly local: Address;
  /** The peer; `undefined` if it disconnected before its address could be read. */
  readonly remote: Address | undefined;
  /** Whether views passed to `bytes` stay valid after the call. */
  readonly stableViews: boolean;
  /** What TLS has agreed on; absent without TLS. */
  readonly tls?: TlsInfo | undefined;
  /** Sets the receiver of events and starts to read. Call it exactly once; no event is emitted during the call. */
  start(events: WireEvents): void;
  /**
   * Stops reading. Bytes that the engine has already read may still be delivered. A failed send ends the pause, since
   * an owner that pauses until there is room would wait forever: received data and then `closed` follow.
   */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
  /**
   * Sets whether the wire keeps the process alive. Default: it does. Bytes that wait to be sent keep it alive in any
   * case.
   */
  holdProcess(holds: boolean): void;
  /**
   * Sends. Returns whether the wire has taken the bytes: the kernel has all of them, or gets them at the end of the
   * batch. If not, the wire holds the rest and is full until `drained`. The bytes must not change until then. Do not
   * call it when full, after `end()` or after `closed`.
   */
  write(bytes: Uint8Array): boolean;
  /** Sends several pieces as one (a gathered write), as `write` does. */
  writeAll(pieces: readonly Uint8Array[]): boolean;
  /**
   * Copies what the wire holds, so that the bytes passed to `write` may change. Absent if an engine cannot do so
   * because the system already has their addresses. Then they may change after `drained`.
   */
  readonly keepCopy?: (() => void) | undefined;
  /** Bytes that `write` has taken and the kernel has not. Reading it performs deferred sends first. */
  readonly pendingBytes: number;
  /** The kernel's figures about the connection; `undefined` if it is not TCP, has closed, or the engine cannot ask. */
  tcpInfo(): TcpInfo | undefined;
  /**
   * Changes `noDelay` and keep-alive of an open TCP socket; other options, Unix sockets and closed wires are ignored.
   * Absent if the engine's wires have no such options.
   */
  readonly setOptions?: ((options: WireOptions) => void) | undefined;
  /** Sends FIN after everything written. Reading continues. */
  end(): void;
  /** Closes at once, even if bytes are pending. The peer sees RST if anything was left unread or unsent. */
  close(): void;
  /** Resets: the peer sees RST. */
  abort(): void;
  /**
   * Takes the socket out of the engine without closing it. Resolves to a paused socket of `node:net` with
   * `allowHalfOpen`, which first delivers the bytes that the wire had received and not delivered. Add a listener of
   * `error` at once. Call it before `start` or later. Everything written must have been sent: wait for `drained`.
   *
   * From the call on the wire emits no event and its other methods do nothing. An end of stream that arrives meanwhile is
   * the socket's. Whether the wire holds the process is passed on.
   *
   * Absent if the engine's wires have no descriptor, or if a layer above the socket changes its bytes.
   *
   * @param signal closes the connection when it is aborted while the engine waits for the kernel.
   * @throws {WireError} (rejects) EBUSY if bytes wait to be sent, ENOTCONN if a direction has ended or the wire has
   *   closed: the wire goes on as before. With any other code, such as ECONNRESET, the connection has failed and is
   *   closed. `closed` does not follow. `signal.reason` if aborted.
   */
  readonly detach?: ((signal?: AbortSignal) => Promise<Socket>) | undefined;
}

/** Events of a listener. */
export interface ListenerEvents {
  /** A client was accepted. Its wire delivers nothing until `start`. */
  accepted(wire: Wire): void;
  /** The kernel or the engine failed to accept. The listener stays open. */
  acceptFailed(error: WireError): void;
}

/** A listening socket of an engine. */
export interface Listener {
  /** The bound address, with the actual port instead of port 0. */
  readonly address: Address;
  /** Whether `pause` leaves clients in the kernel's queue. */
  readonly leavesClientsQueued: boolean;
  /**
   * Leaves further clients in the kernel's queue. Clients that the current batch has accepted are still delivered. A
   * listener that cannot pause delivers all of them, and the caller starts their wires later.
   */
  pause(): void;
  /** Accepts clients again. */
  resume(): void;
  /** Sets whether the listener keeps the process alive. Default: it does. */
  holdProcess(holds: boolean): void;
  /** Stops listening. Clients still in the kernel's queue are reset. Resolves when the address is free. */
  close(): Promise<void>;
}

/** The process's file descriptors. */
export interface Descriptors {
  /** How many the process may open (the soft `nofile` limit). */
  readonly limit: number;
  /** How many are open now. */
  readonly open: number;
}

/**
 * Opens sockets: connects, listens, and binds datagram sockets. `connect`, `serve` and `bindUdp` are built on it, and
 * add the deadlines, limits and codecs.
 */
export interface Engine {
  /** Its name, for reports. */
  readonly name: EngineName;
  /** Which of the optional options it supports. It receives no others. */
  readonly options: readonly EngineOption[];
  /**
   * Connects to one address, once.
   *
   * @param signal stops the attempt when it is aborted.
   * @throws {WireError} (rejects) if it fails; with `signal.reason` if aborted.
   */
  connect(address: TcpAddress | UnixAddress, options: WireConnectOptions, signal: AbortSignal): Promise<Wire>;
  /**
   * Binds and listens.
   *
   * @param events receives the clients.
   * @throws {WireError} (rejects) if it fails.
   */
  listen(
    address: TcpAddress | UnixAddress,
    options: WireListenOptions,
    events: ListenerEvents,
  ): Promise<Listener>;
  /**
   * Listens on an inherited socket that is already bound and listening. The listener owns it from then on.
   *
   * @throws {WireError} (rejects) for an unsuitable descriptor: EBADF if it is not open, ENOTSOCK, EPROTOTYPE for
   *   datagrams, EINVAL if it does not listen; ENOTSUP if the engine has no `fd` among its options.
   */
  inherit(
    fd: number,
    options: WireOptions & { readonly backlog: number },
    events: ListenerEvents,
  ): Promise<Listener>;
  /**
   * Binds a datagram socket, and connects it to its peer if it has one.
   *
   * @throws {WireError} (rejects) if it fails.
   */
  openDatagrams(local: UdpAddress, options: DatagramWireOptions): Promise<DatagramWire>;
  /** The descriptors of this process; `undefined` if the engine uses none or cannot count them. */
  descriptors(): Descriptors | undefined;
}
