/**
 * The seam between the library and the engines that move its bytes.
 *
 * An engine makes wires. A wire is one open byte pipe: it delivers what comes,
 * takes what goes, says when each direction has ended, and ends once. It sets no
 * deadline, queues nothing of its own accord, and has no opinion; all of that is
 * `net/`.
 *
 * The seam is built for an engine that reads many sockets into one arena and
 * enters JavaScript once per batch:
 *
 * - Events are plain calls, no promise or object per event; one batch is many
 *   calls in a row, in the order in which things happened on each wire.
 * - A view handed to `bytes` is valid only during that call, unless the engine
 *   says that its views are stable. Who keeps bytes longer, copies them.
 * - During `bytes`, that very view (or a part of it) may be handed back to
 *   `write` of any wire of the engine; the engine copies what it cannot send at once.
 * - A wire takes a write or says that it is full. While full it is not written to.
 * - What is sent while a batch is told may wait for the batch's end, to go in one system call
 *   with what others send. The wire has taken it then; if the kernel turns out to have no room
 *   for it, the wire says so by `filled`, before anything else is told. Of the bytes of a view that
 *   was handed back none may be changed until the batch is over, all promises of its handlers included.
 *
 *     accepted / connect ──▶ idle ── start() ──▶ open ──▶ closed(error?)
 *                                        bytes* ended?   exactly once, last
 */
import type { Address, TcpAddress, UdpAddress, UnixAddress } from "../base/address/address.ts";
import type { DatagramWire, DatagramWireOptions } from "./datagram.ts";
import type { EngineOption, WireConnectOptions, WireListenOptions, WireOptions } from "./socket-options.ts";
import type { TcpInfo } from "./tcp-info.ts";
import type { WireError } from "./wire-error.ts";

export type { EngineOption, WireConnectOptions, WireListenOptions, WireOptions } from "./socket-options.ts";
export type { TcpInfo } from "./tcp-info.ts";
export { WireError } from "./wire-error.ts";

/** The engines there are. */
export type EngineName = "portable" | "epoll" | "io_uring" | "memory";

/** What a wire tells its owner. No call is made before `start` or after `closed`. */
export interface WireEvents {
  /** Bytes came; see above for how long the view is valid. Never empty. */
  bytes(view: Uint8Array): void;
  /** The peer's FIN: no more bytes will come. At most once. */
  ended(): void;
  /**
   * The wire is full, though it has taken all that was written: not everything that was left to the
   * end of the batch went. Nothing may be written in the call.
   */
  readonly filled?: (() => void) | undefined;
  /** A wire that was full has handed all it held to the kernel. */
  drained(): void;
  /**
   * It is over: after `close()`, after both directions ended, or by `error`.
   * Everything that the peer said before is delivered first, also when a send
   * failed before that was read (the "last words", F19).
   */
  closed(error: WireError | undefined): void;
}

/** One open byte pipe. */
export interface Wire {
  readonly local: Address;
  /** The peer; `undefined` if it had gone before it could be asked for (F24). */
  readonly remote: Address | undefined;
  /** Hands over the receiver of events and begins to read. Called exactly once; no event comes during the call. */
  start(events: WireEvents): void;
  /**
   * Stops reading; bytes already on their way inside the engine may still be delivered. A send that fails ends
   * it: whoever has paused until there is room again is told what the peer said before, and then `closed`.
   */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /**
   * Says whether it keeps the process alive, as it does at first. Bytes that wait to be sent keep it alive in any case.
   */
  holdProcess(holds: boolean): void;
  /**
   * Sends. Returns whether the wire has taken it: the kernel has all of it, or gets it when the
   * batch is over; if not, the wire holds the
   * rest and is full until `drained`. The bytes must not change until then.
   * Not to be called when full, after `end()` or after `closed`.
   */
  write(bytes: Uint8Array): boolean;
  /** The same for several pieces at once (a gathered write). */
  writeAll(pieces: readonly Uint8Array[]): boolean;
  /**
   * Copies what the wire holds, so that the bytes that were given to `write` may change. Absent where an
   * engine cannot do so because the system has the addresses already: then they may change after `drained`.
   */
  readonly keepCopy?: (() => void) | undefined;
  /** Bytes taken by `write` that the kernel has not; asked for, what waits for the end of the batch goes first. */
  readonly pendingBytes: number;
  /** What the kernel knows of the connection; `undefined` where it is none of TCP, is over, or the engine cannot ask. */
  tcpInfo(): TcpInfo | undefined;
  /** Sends FIN after everything written; reading goes on. */
  end(): void;
  /** Lets go at once, whatever is pending; the peer sees RST if anything was left unread or unsent. */
  close(): void;
  /** Resets: the peer sees RST. */
  abort(): void;
}

/** What a listener tells its owner. */
export interface ListenerEvents {
  accepted(wire: Wire): void;
  /** The kernel, or the engine, failed to accept; the listener goes on by itself. */
  acceptFailed(error: WireError): void;
}

/** A bound address that yields wires. */
export interface Listener {
  /** Where it really listens: port 0 has become a number. */
  readonly address: Address;
  /** Whether `pause` really leaves clients in the kernel's queue. */
  readonly leavesClientsQueued: boolean;
  /**
   * Asks that further clients be left in the kernel's queue. Those whom the batch
   * under way has accepted are still handed out, and so are all where a listener
   * can not do it; whoever asked leaves them unstarted until their turn comes.
   */
  pause(): void;
  resume(): void;
  /** Says whether it keeps the process alive, as it does at first. */
  holdProcess(holds: boolean): void;
  /** Stops listening; clients still in the kernel's queue are reset. Resolves when the address is free. */
  close(): Promise<void>;
}

/** The process's file descriptors. */
export interface Descriptors {
  /** How many the process may have (the soft `nofile` limit). */
  readonly limit: number;
  /** How many it has now. */
  readonly open: number;
}

/** Makes wires. */
export interface Engine {
  readonly name: EngineName;
  /** Whether views handed to `bytes` stay valid after the call. */
  readonly stableViews: boolean;
  /** Which of the options it has that not every engine has; it is given no others. */
  readonly options: readonly EngineOption[];
  /**
   * Connects to one address, once.
   *
   * @throws {WireError} (rejects) if it fails; with `signal.reason` if aborted.
   */
  connect(address: TcpAddress | UnixAddress, options: WireConnectOptions, signal: AbortSignal): Promise<Wire>;
  /**
   * Binds and listens.
   *
   * @throws {WireError} (rejects) if it fails.
   */
  listen(
    address: TcpAddress | UnixAddress,
    options: WireListenOptions,
    events: ListenerEvents,
  ): Promise<Listener>;
  /**
   * Listens on a socket that is bound already, and listens: a descriptor that this process was
   * handed. It is the listener's own from then on.
   *
   * @throws {WireError} (rejects) if it is none: EBADF where nothing is open, ENOTSOCK, EPROTOTYPE for datagrams,
   *   EINVAL if it does not listen; ENOTSUP if the engine has no `fd` among its options.
   */
  inherit(
    fd: number,
    options: WireOptions & { readonly backlog: number },
    events: ListenerEvents,
  ): Promise<Listener>;
  /**
   * Binds a datagram socket, and dials its peer if it has one.
   *
   * @throws {WireError} (rejects) if it fails.
   */
  openDatagrams(local: UdpAddress, options: DatagramWireOptions): Promise<DatagramWire>;
  /** The descriptors of this process, or `undefined` where the engine uses none or cannot tell. */
  descriptors(): Descriptors | undefined;
}
