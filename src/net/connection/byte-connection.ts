/**
 * One connection as bytes, with plain calls.
 *
 * Owns its wire: no other code reads, writes or closes it. Adds a bounded write queue, timeouts
 * (connection-timeouts.ts), half-close, a lingering close, and exactly one `CloseInfo`. It does not know
 * messages or promises; see connection.ts.
 *
 *      open ──▶ ending (our FIN is requested) ──▶ lingering ──▶ closed
 *        │                                            ▲
 *        └── close() = end, and discard input ────────┘      abort() ──▶ closed
 *
 * A server may have many thousands of idle connections. State that most of them never need is
 * allocated on demand, and state that all connections of a server share belongs to the owner.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import { bytesToSend } from "../../base/arguments.ts";
import { noBytes } from "../../base/bytes.ts";
import { NetError, type ErrorCode } from "../../base/errors.ts";
import { emit, type BytesEvent, type ConnectionId, type CloseInfo } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { TcpInfo, TlsInfo, Wire, WireError, WireEvents } from "../../wire/index.ts";
import { handshakeFailure, wireFailure, type CloseCause } from "./close-info.ts";
import { LowerWire, type EarlyInput } from "./lower-wire.ts";
import type { MakeSecure, StartTlsOptions, StartTlsServerOptions } from "./start-tls.ts";
import type { TimerHeap } from "../timing/timer-heap.ts";
import { ReceiveThrottle } from "./receive-throttle.ts";
import { bytesPerSecondOf, Throttle, type RateLimits } from "../timing/throttle.ts";
import { ConnectionTimeouts } from "./connection-timeouts.ts";
import { RawView, type RawConnection, type RawSource, type ReceivedProxyHeader } from "./raw-connection.ts";
import type { ConnectionSettings } from "./settings.ts";
import { windowBytes, writeCopied, WriteQueue } from "./write-queue.ts";

/** Receives what happens on a connection; one receiver may serve many connections. */
export interface ByteEvents {
  bytes(connection: ByteConnection, view: Uint8Array): void;
  peerEnded(connection: ByteConnection): void;
  drained(connection: ByteConnection): void;
  closed(connection: ByteConnection, closeInfo: CloseInfo): void;
}

/** Owns connections: a server owns many, `connect` owns one. */
export interface ConnectionOwner {
  readonly role: "client" | "server";
  readonly settings: ConnectionSettings;
  readonly timers: TimerHeap;
  /** The name of the peer in messages. Default: its address. */
  readonly peerName?: string | undefined;
  /**
   * Checks the options of `startTls`, and returns the handshake. Absent where TLS cannot be started.
   *
   * @throws {TypeError} for an invalid option.
   */
  readonly startTls?: ((options: StartTlsOptions | StartTlsServerOptions) => MakeSecure) | undefined;
  /** Called when the memory queued for sending on one of its connections has changed by `bytes`. */
  queued?(bytes: number): void;
  /** Called once, when our side is closed and everything is sent, or the connection has closed. */
  finished?(connection: ByteConnection): void;
  /** Called last, when the connection has closed. */
  closed?(connection: ByteConnection): void;
}

export interface ByteConnectionParts {
  readonly id: ConnectionId;
  readonly owner: ConnectionOwner;
  readonly wire: Wire;
  /** When connecting began; the connection's own time starts in the constructor. */
  readonly startedAtMs: number;
  readonly proxyProtocol?: ReceivedProxyHeader | undefined;
}

/**
 * Whether a connection is being called with a view that becomes invalid after the call. Its handler may
 * write that view to any other connection, which then copies what it cannot send at once.
 */
let insideUnstableView = false;

/** Boolean state of a connection, as bits of one number. */
const flag = {
  /** Our FIN is requested; bytes may still be queued before it. */
  finAsked: 1,
  finSent: 2,
  peerFin: 4,
  /** Which side finished first, if one has. */
  peerFirst: 8,
  usFirst: 16,
  /** Closing: input is discarded. */
  discarding: 32,
  paused: 64,
  /** The owner's `finished` has been called. */
  finished: 128,
  /** Aborted: queued memory is about to be freed, and no longer counts. */
  aborted: 256,
  /** It has closed. */
  closed: 512,
  /** `startTls` is in progress. */
  securing: 1024,
} as const;

/** State that few connections need, allocated on demand. */
interface ExtraState {
  /** Set while bytes are queued for sending, or sending is throttled. */
  queue: WriteQueue | undefined;
  /** Set while receiving is throttled. */
  receiveThrottle: ReceiveThrottle | undefined;
  /** Number of writes that have not resolved. */
  writers: number;
  /** The queued memory last reported to the owner. */
  queuedBytes: number;
  /**
   * Set while a connection that the peer has closed delivers throttled input: the number of bytes written
   * in response. The handler cannot know yet that the peer is gone.
   */
  lostBytes: number | undefined;
  /** The wire beneath TLS, from `startTls` on. */
  lower: LowerWire | undefined;
  /** The header in front of the bytes of the peer. */
  proxyProtocol: ReceivedProxyHeader | undefined;
}

/** Cost of an unresolved write in addition to its bytes: a promise and a queue entry. */
const writerCostBytes = 256;

export class ByteConnection extends ConnectionTimeouts implements RawSource, WireEvents {
  readonly id: ConnectionId;
  #raw: RawView | undefined = undefined;
  bytesReceived: number = 0;

  /** Its index among its owner's connections; maintained by `OpenConnections`. */
  index: number = -1;

  #wire: Wire;
  readonly #owner: ConnectionOwner;
  readonly #openedAtMs: number;
  #events: ByteEvents | undefined = undefined;
  /** Bytes passed to the wire, whether or not the kernel has accepted them. */
  #bytesGiven = 0;
  #extra: ExtraState | undefined = undefined;
  /** How it will close, or, with `closed`, how it has. */
  #closeCause: CloseCause | undefined = undefined;
  #flags = 0;

  constructor({ id, owner, wire, startedAtMs, proxyProtocol }: ByteConnectionParts) {
    const { settings } = owner;
    const openedAtMs = settings.clock.now();
    super(openedAtMs);
    this.id = id;
    this.#wire = wire;
    this.#owner = owner;
    this.#openedAtMs = openedAtMs;
    if (proxyProtocol !== undefined) this.#ensureExtra().proxyProtocol = proxyProtocol;
    if (settings.isWatched("opened")) {
      emit(settings.onEvent, {
        type: "opened",
        atMs: this.#openedAtMs,
        connection: id,
        role: owner.role,
        local: this.local,
        remote: this.remote,
        durationMs: this.#openedAtMs - startedAtMs,
      });
    }
  }

  /** The connection as raw handlers get it. */
  get raw(): RawConnection {
    return (this.#raw ??= new RawView(this));
  }

  /** Whether the views passed to `bytes` stay valid after the call. */
  get stableViews(): boolean {
    return this.#wire.stableViews;
  }

  /** Sets the receiver of events and starts reading. */
  open(events: ByteEvents): void {
    this.#events = events;
    this.#wire.start(this);
    this.startTimeouts();
  }

  get tls(): TlsInfo | undefined {
    return this.#wire.tls;
  }

  get local(): Address {
    return this.#wire.local;
  }

  get remote(): Address | undefined {
    return this.#wire.remote;
  }

  get proxyProtocol(): ReceivedProxyHeader | undefined {
    return this.#extra?.proxyProtocol;
  }

  get role(): "client" | "server" {
    return this.#owner.role;
  }

  /** The name of the peer in messages. */
  get name(): string {
    return this.#owner.peerName ?? formatAddress(this.remote ?? this.local);
  }

  get settings(): ConnectionSettings {
    return this.#owner.settings;
  }

  get timers(): TimerHeap {
    return this.#owner.timers;
  }

  /** How it closed, or `undefined` while it is open. */
  get closeInfo(): CloseInfo | undefined {
    return this.#is(flag.closed) ? (this.#closeCause as CloseInfo) : undefined;
  }

  /** Why nothing more can be sent, or `undefined`. */
  get sendError(): NetError | TypeError | undefined {
    if (this.writable) return undefined;
    const { closeInfo } = this;
    if (closeInfo !== undefined) return this.#closedError(closeInfo);
    if (this.#closeCause?.error) return this.#closeCause.error;
    if (this.isSecuring) return new TypeError("write: startTls is in progress: await it first");
    return this.#is(flag.finAsked) ? this.#error("ERR_CLOSED", "send", "our side has ended") : undefined;
  }

  get pendingBytes(): number {
    const { closeInfo } = this;
    if (closeInfo !== undefined) return closeInfo.bytesUnsent;
    const extra = this.#extra;
    if (extra === undefined) return this.#wire.pendingBytes;
    const pending = extra.queue === undefined ? this.#wire.pendingBytes : extra.queue.pendingBytes;
    return extra.lostBytes === undefined ? pending : pending + extra.lostBytes;
  }

  get wireBytes(): number {
    return this.#wire.pendingBytes;
  }

  get bytesSent(): number {
    return this.#bytesGiven - Math.min(this.#wire.pendingBytes, this.#bytesGiven);
  }

  get peerHasEnded(): boolean {
    return this.#is(flag.peerFin);
  }

  get weHaveEnded(): boolean {
    return this.#is(flag.finSent);
  }

  get isDiscarding(): boolean {
    return this.#is(flag.discarding);
  }

  tcpInfo(): TcpInfo | undefined {
    return this.#wire.tcpInfo();
  }

  get writable(): boolean {
    return !this.#is(flag.finAsked | flag.securing) && this.#closeCause === undefined;
  }

  write(data: Uint8Array | string): boolean {
    const bytes = bytesToSend("write: data", data);
    if (!this.writable) return this.#rejectWrite(bytes.length);
    if (this.#extra?.queue !== undefined) this.checkRoom(bytes.length);
    return this.send(bytes, false);
  }

  /**
   * Sends bytes without checking a limit: the caller has checked it (`checkRoom`), or waits until they are
   * sent. Returns whether nothing is queued.
   *
   * @param copied whether the caller may reuse the bytes when this returns: what must be queued is copied
   */
  send(bytes: Uint8Array, copied: boolean): boolean {
    if (!this.writable) return false;
    if (bytes.length === 0) return this.pendingBytes === 0;
    if (this.#extra?.queue === undefined && bytes.length <= windowBytes) {
      this.given(bytes);
      if (copied ? writeCopied(this.#wire, bytes) : this.#wire.write(bytes)) {
        this.noteSent();
        return true;
      }
      this.#ensureExtra().queue = new WriteQueue(this.#wire, this, { owned: copied });
    } else {
      this.#queued().push(bytes, copied || insideUnstableView);
    }
    if (this.#extra?.queue?.full === true) {
      this.noteStalled();
      this.#account();
      return false;
    }
    this.noteSent();
    const nothingWaits = this.#dropIdleQueue();
    this.#account();
    return nothingWaits;
  }

  /** Bytes written so far, whether or not the kernel has accepted them. */
  get bytesWritten(): number {
    return this.#bytesGiven + (this.#extra?.queue === undefined ? 0 : this.#extra?.queue.waitingBytes);
  }

  /**
   * Whether the writer of the bytes up to `end`, as `bytesWritten` counts, may continue: at most
   * `writeAheadBytes` of them are unsent, and those are copies.
   */
  mayContinueWriting(end: number): boolean {
    const waiting = end - this.bytesSent;
    if (waiting <= 0 || this.#extra?.queue === undefined) return true;
    return waiting <= limits.writeAheadBytes.value && this.#extra?.queue.own(waiting);
  }

  /** Changes the number of unresolved writes by `by`. */
  writersChanged(by: number): void {
    this.#ensureExtra().writers += by;
    this.#account();
  }

  /** @throws {NetError} `ERR_WRITE_QUEUE_FULL` if `count` bytes more would be too many. */
  checkRoom(
    count: number,
    max: number = this.settings.writeQueueBytesMax,
    option: string | undefined = "writeQueueBytesMax",
  ): void {
    const pending = this.pendingBytes;
    if (count === 0 || pending === 0) return;
    const writers = this.#extra?.writers ?? 0;
    if (pending + count + writers * writerCostBytes <= max) return;
    const writes = writers > 1 ? ` in ${writers} writes` : "";
    throw this.#error(
      "ERR_WRITE_QUEUE_FULL",
      "send",
      `${pending} bytes are unsent${writes}, ${count} more would exceed the limit of ${max}`,
      option,
    );
  }

  /** Memory queued for sending, as reported to the owner. */
  get queuedBytes(): number {
    return this.#extra?.queuedBytes ?? 0;
  }

  /** Reports the queued memory to the owner. */
  #account(): void {
    const extra = this.#extra;
    if (extra === undefined || this.#owner.queued === undefined || this.#is(flag.aborted)) return;
    const { queue, writers } = extra;
    this.#reportQueued(queue === undefined ? 0 : queue.pendingBytes + writers * writerCostBytes);
  }

  #reportQueued(queued: number): void {
    const change = queued - this.queuedBytes;
    if (change === 0) return;
    this.#ensureExtra().queuedBytes = queued;
    this.#owner.queued?.(change);
  }

  /** Called when bytes are passed to the wire. */
  given(bytes: Uint8Array): void {
    this.#bytesGiven += bytes.length;
    const { onBytes } = this.settings;
    if (onBytes !== undefined) this.#emitBytes(onBytes, "bytesSent", bytes);
  }

  /** Fails the connection, because sending the rest would leave a gap in the stream. */
  detached(): void {
    const happened = "a buffer was transferred before its write had resolved, so its bytes are lost";
    const error = this.#error("ERR_BUFFER_DETACHED", "send", happened);
    this.fail({ how: "failed", by: "us", stage: "send", error });
  }

  pause(): void {
    if (this.#is(flag.discarding | flag.paused | flag.closed)) return;
    this.#flags |= flag.paused;
    this.#readOrWait();
  }

  resume(): void {
    if (!this.#is(flag.paused) || this.#is(flag.closed)) return;
    this.#flags &= ~flag.paused;
    this.#extra?.receiveThrottle?.deliverAllowed();
    this.#readOrWait();
  }

  ref(): void {
    this.#wire.holdProcess(true);
  }

  unref(): void {
    this.#wire.holdProcess(false);
  }

  /** Changes TCP options; options that are not given keep the values of the settings. */
  changeOptions(changed: { readonly noDelay?: boolean; readonly keepAliveMs?: number }): void {
    if (Object.keys(changed).length > 0) this.#wire.setOptions?.({ ...this.settings, ...changed });
  }

  limitRate(rates: RateLimits): void {
    checkOptions("limitRate", rates, { sendBytesPerSecond: true, receiveBytesPerSecond: true });
    const send = bytesPerSecondOf("sendBytesPerSecond", rates);
    const receive = bytesPerSecondOf("receiveBytesPerSecond", rates);
    if (this.#is(flag.closed)) return;
    if (send !== undefined) this.#throttleSending(send);
    if (receive !== undefined && !this.#is(flag.discarding)) {
      const receiveThrottle = (this.#ensureExtra().receiveThrottle ??= this.#startReceiveThrottle());
      receiveThrottle.setRate(receive);
    }
  }

  /** Whether `startTls` is in progress. */
  get isSecuring(): boolean {
    return this.#is(flag.securing);
  }

  /** What makes TLS out of the wire, with these options. @throws {TypeError} for an invalid option. */
  makeSecure(options: StartTlsOptions | StartTlsServerOptions): MakeSecure {
    const { startTls } = this.#owner;
    if (startTls === undefined) throw new TypeError("startTls: this connection cannot start TLS");
    return startTls(options);
  }

  /** Takes received bytes that a throttle holds back. */
  takeHeldInput(): Uint8Array {
    return this.#extra?.receiveThrottle?.takeHeld() ?? noBytes;
  }

  /**
   * Exchanges the wire for the one that `secure` makes of it. Everything written before is sent first, and nothing can
   * be written until it resolves. A failure closes the connection.
   *
   * @throws {NetError} (rejects) the reason.
   */
  async exchangeWire(secure: MakeSecure, early: EarlyInput): Promise<void> {
    // A layer may have found fault with the last plain text.
    const { sendError } = this;
    if (sendError !== undefined) throw sendError;
    const lower = new LowerWire(this.#wire, early);
    this.#ensureExtra().lower = lower;
    this.#flags |= flag.securing;
    this.#beginWhenFlushed(lower);
    let wire: Wire;
    try {
      wire = await secure(lower);
    } catch (thrown) {
      throw this.#exchangeFailed(lower, thrown);
    }
    // It may have been closed since the handshake was completed.
    if (this.#closeCause !== undefined) throw this.#exchangeFailed(lower, this.#closeCause.error);
    this.#flags &= ~flag.securing;
    this.#wire = wire;
    this.#extra?.queue?.useWire(wire);
    if (this.#is(flag.paused)) wire.pause();
    wire.start({
      bytes: (view) => {
        this.#arrived(view);
      },
      ended: () => {
        this.#endArrived();
      },
      filled: () => {
        this.#becameFull();
      },
      drained: () => {
        this.#becameEmpty();
      },
      closed: (error) => {
        this.#wireClosed(error);
      },
    });
    this.#sentSome();
  }

  /** Closes because the exchange has failed; returns the error of `startTls`. */
  #exchangeFailed(lower: LowerWire, thrown: unknown): Error {
    const { name } = this;
    this.#closeCause ??= handshakeFailure(thrown, name);
    // From now on the wire's events count here again.
    this.#ensureExtra().lower = undefined;
    this.#flags &= ~flag.securing;
    if (lower.closedWith === undefined) this.#abortWire();
    else this.#wireClosed(lower.closedWith.error);
    return this.#closeCause.error ?? this.#error("ERR_CLOSED", "handshake", "closed during startTls");
  }

  #beginWhenFlushed(lower: LowerWire): void {
    if (!lower.isFlushed && this.pendingBytes === 0) lower.flushed();
  }

  end(): void {
    if (!this.writable) return;
    this.#flags |= flag.finAsked;
    this.#finishedFirst(flag.usFirst);
    this.#sendFin();
  }

  close(cause?: CloseCause): void {
    if (this.#is(flag.discarding | flag.closed)) return;
    if (this.isSecuring) {
      this.#closeCause ??= cause;
      this.closeWire();
      return;
    }
    this.resume();
    this.#flags |= flag.discarding;
    this.#extra?.receiveThrottle?.release();
    const alreadySent = this.#is(flag.finSent);
    this.end();
    this.#closeCause ??= cause;
    this.noteClosing();
    if (alreadySent) this.#linger();
  }

  abort(): void {
    this.fail({
      how: "aborted",
      by: "us",
      stage: "close",
      error: this.#error("ERR_ABORTED", "close", "aborted by our side"),
    });
  }

  /** Closes at once, with RST, for the given reason. */
  fail(cause: CloseCause): void {
    if (this.#is(flag.closed)) return;
    this.#closeCause ??= cause;
    this.#abortWire();
  }

  timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void {
    const stage = how === "abort" ? "send" : "receive";
    const error = this.#error(code, stage, happened, option);
    const cause: CloseCause = { how: "timeout", by: "us", stage, error };
    const { farewell } = this.settings;
    if (how === "close" && farewell !== undefined && this.writable) {
      this.send(farewell, true);
      this.close(cause);
      return;
    }
    this.#closeCause ??= cause;
    // A peer that does not read gets RST: a FIN would wait behind the queued data.
    if (how === "abort") this.#abortWire();
    else this.#wire.close();
  }

  closeWire(): void {
    this.#closeCause ??= this.#finCause();
    this.#wire.close();
  }

  // ── WireEvents ──

  bytes(view: Uint8Array): void {
    if (this.#extra === undefined) this.#received(view);
    else if (this.#extra.lower === undefined) this.#arrived(view);
    else this.#extra.lower.bytes(view);
  }

  ended(): void {
    if (this.#extra?.lower === undefined) this.#endArrived();
    else this.#extra.lower.ended();
  }

  filled(): void {
    if (this.#extra?.lower?.isFlushed === true) this.#extra.lower.filled();
    else this.#becameFull();
  }

  drained(): void {
    if (this.#extra?.lower?.isFlushed === true) this.#extra.lower.drained();
    else this.#becameEmpty();
  }

  closed(error: WireError | undefined): void {
    if (this.#extra?.lower === undefined) this.#wireClosed(error);
    else this.#extra.lower.closed(error);
  }

  // ── the same, from the wire beneath or from TLS over it ──

  #arrived(view: Uint8Array): void {
    if (this.#extra?.receiveThrottle === undefined) this.#received(view);
    else this.#extra.receiveThrottle.push(view);
  }

  #endArrived(): void {
    if (this.#extra?.receiveThrottle === undefined) this.#receivedFin();
    else this.#extra.receiveThrottle.pushFin();
  }

  #becameFull(): void {
    this.#queued().filled();
    this.noteStalled();
    this.#account();
  }

  #becameEmpty(): void {
    this.noteDrained();
    this.#extra?.queue?.drained();
    this.#sentSome();
  }

  #wireClosed(error: WireError | undefined): void {
    if (this.#closeCause !== undefined) this.#flags |= flag.discarding;
    else if (error !== undefined)
      this.#closeCause = wireFailure(error, this.name, this.settings.userTimeoutMs);
    const lostBytes = this.#releaseHeldInput();
    this.stopTimeouts();
    const cause = this.#closeCause ?? this.#finCause();
    const { clock, isWatched, onEvent } = this.settings;
    const now = clock.now();
    const closeInfo: CloseInfo = {
      how: cause.how,
      by: cause.by,
      stage: cause.stage,
      error: cause.error,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      bytesUnsent:
        lostBytes + (this.#extra?.queue === undefined ? this.#wire.pendingBytes : this.#extra?.queue.drop()),
      durationMs: now - this.#openedAtMs,
    };
    this.#closeCause = closeInfo;
    this.#flags |= flag.closed;
    this.#reportQueued(0);
    if (isWatched("closed")) emit(onEvent, { type: "closed", atMs: now, connection: this.id, closeInfo });
    this.#events?.closed(this, closeInfo);
    this.#finish();
    this.#owner.closed?.(this);
  }

  // ── inside ──

  #is(flags: number): boolean {
    return (this.#flags & flags) !== 0;
  }

  #finishedFirst(side: number): void {
    if (!this.#is(flag.peerFirst | flag.usFirst)) this.#flags |= side;
  }

  #ensureExtra(): ExtraState {
    return (this.#extra ??= {
      queue: undefined,
      receiveThrottle: undefined,
      writers: 0,
      queuedBytes: 0,
      lostBytes: undefined,
      lower: undefined,
      proxyProtocol: undefined,
    });
  }

  #queued(): WriteQueue {
    return (this.#ensureExtra().queue ??= new WriteQueue(this.#wire, this, undefined));
  }

  #rejectWrite(count: number): false {
    const extra = this.#extra;
    if (extra?.lostBytes === undefined || this.#is(flag.finAsked)) throw this.#notWritable();
    extra.lostBytes += count;
    return false;
  }

  /** Delivers throttled input; returns the number of bytes written in response, which are lost. */
  #releaseHeldInput(): number {
    const extra = this.#extra;
    if (extra?.receiveThrottle === undefined) return 0;
    extra.lostBytes = 0;
    extra.receiveThrottle.release();
    const lost = extra.lostBytes;
    extra.lostBytes = undefined;
    return lost;
  }

  #abortWire(): void {
    this.#flags |= flag.aborted;
    this.#reportQueued(0);
    this.#wire.abort();
  }

  #received(view: Uint8Array): void {
    this.bytesReceived += view.length;
    this.noteReceived();
    const { onBytes } = this.settings;
    // The handler of one connection may cause another one to deliver its throttled input.
    const outer = insideUnstableView;
    insideUnstableView = !this.#wire.stableViews;
    try {
      if (onBytes !== undefined) this.#emitBytes(onBytes, "bytesReceived", view);
      if (!this.#is(flag.discarding)) this.#events?.bytes(this, view);
    } finally {
      insideUnstableView = outer;
    }
  }

  #receivedFin(): void {
    this.#flags |= flag.peerFin;
    this.#finishedFirst(flag.peerFirst);
    this.#emitFin("finReceived");
    this.noteDirectionEnd();
    if (!this.#is(flag.discarding)) this.#events?.peerEnded(this);
  }

  #sentSome(): void {
    if (this.#extra?.queue?.full === true) this.noteStalled();
    this.noteSent();
    this.#dropIdleQueue();
    this.#account();
    this.#sendFin();
    if (this.#extra?.lower !== undefined) this.#beginWhenFlushed(this.#extra.lower);
    if (this.#closeCause === undefined) this.#events?.drained(this);
  }

  /** Removes the queue if it is idle; returns whether nothing is queued. */
  #dropIdleQueue(): boolean {
    const queue = this.#extra?.queue;
    if (queue === undefined) return true;
    if (queue.isIdle) this.#ensureExtra().queue = undefined;
    return queue.pendingBytes === 0;
  }

  #throttleSending(bytesPerSecond: number): void {
    const waited = this.pendingBytes > 0;
    const more = (): void => {
      this.#extra?.queue?.pump();
      this.#sentSome();
    };
    this.#queued().setThrottle(
      bytesPerSecond === Infinity ? undefined : new Throttle(bytesPerSecond, this.settings.clock, more),
    );
    if (waited) this.#sentSome();
  }

  #startReceiveThrottle(): ReceiveThrottle {
    const owner = {
      isPaused: () => this.#is(flag.paused),
      bytes: (view: Uint8Array) => {
        this.#received(view);
      },
      ended: () => {
        this.#receivedFin();
      },
      holdingChanged: () => {
        this.#readOrWait();
      },
    };
    return new ReceiveThrottle(owner, this.settings.clock);
  }

  /** Reads from the wire, or leaves input in the kernel. */
  #readOrWait(): void {
    // The reader has paused, or the peer has sent more than the throttle allows.
    const heldBack = this.#is(flag.paused) || this.#extra?.receiveThrottle?.holding === true;
    this.noteHeldBack(heldBack);
    if (this.#is(flag.closed)) return;
    if (heldBack) this.#wire.pause();
    else this.#wire.resume();
  }

  #sendFin(): void {
    // By now, `pendingBytes` no longer counts what the wire has passed to the kernel.
    if (!this.#is(flag.finAsked) || this.#is(flag.finSent) || this.pendingBytes > 0) return;
    this.#flags |= flag.finSent;
    this.#emitFin("finSent");
    this.#wire.end();
    if (this.#is(flag.discarding)) this.#linger();
    else this.noteDirectionEnd();
  }

  /** Our FIN is sent: gives the peer time to read everything before the wire closes. */
  #linger(): void {
    this.noteLinger();
    this.#finish();
  }

  #finish(): void {
    if (this.#is(flag.finished)) return;
    this.#flags |= flag.finished;
    this.#owner.finished?.(this);
  }

  #finCause(): CloseCause {
    return { how: "fin", by: this.#is(flag.peerFirst) ? "peer" : "us", stage: "close", error: undefined };
  }

  /** The error of a write to a closed connection; its cause is the error that closed it, if any. */
  #notWritable(): NetError {
    const isClosed = this.#closeCause !== undefined;
    return new NetError({
      code: "ERR_CLOSED",
      stage: "send",
      address: this.name,
      happened: isClosed ? "the connection has ended" : "our side has ended",
      cause: this.#closeCause?.error,
    });
  }

  #closedError(closeInfo: CloseInfo): NetError {
    if (closeInfo.error !== undefined) return closeInfo.error;
    return this.#error("ERR_CLOSED", "send", "the connection has ended");
  }

  #error(code: ErrorCode, stage: NetError["stage"], happened: string, option?: string): NetError {
    return new NetError({ code, stage, address: this.name, happened, option });
  }

  #emitBytes(onBytes: (event: BytesEvent) => void, type: BytesEvent["type"], bytes: Uint8Array): void {
    emit(onBytes, { type, atMs: this.settings.clock.now(), connection: this.id, bytes });
  }

  #emitFin(type: "finReceived" | "finSent"): void {
    const { clock, isWatched, onEvent } = this.settings;
    if (isWatched(type)) emit(onEvent, { type, atMs: clock.now(), connection: this.id });
  }
}
