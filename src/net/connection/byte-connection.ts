/**
 * One connection as bytes, told by plain calls.
 *
 * Owns its wire: nobody else reads, writes or ends it. Adds what a bare wire
 * lacks: a bounded write queue, deadlines (patience.ts), half-close, a close that lingers, and
 * exactly one `CloseInfo`. Messages and promises are not known here; see connection.ts.
 *
 *      open ──▶ ending (our FIN is asked for) ──▶ lingering ──▶ closed
 *        │                                            ▲
 *        └── close() = end, and throw away what comes ┘     abort() ──▶ closed
 *
 * A server may have many thousands of these, all silent: what most of them never need is made
 * when it is needed, and what all of one server share is its owner's.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import { bytesToSend } from "../../base/arguments.ts";
import { NetError, type ErrorCode } from "../../base/errors.ts";
import { emit, type BytesEvent, type ConnectionId, type CloseInfo } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { TcpInfo, Wire, WireError, WireEvents } from "../../wire/index.ts";
import { wireFailure, type CloseCause } from "./close-info.ts";
import type { TimerHeap } from "../timing/timer-heap.ts";
import { ReceiveThrottle } from "./receive-throttle.ts";
import { bytesPerSecondOf, Throttle, type RateLimits } from "../timing/throttle.ts";
import { ConnectionTimeouts, type Waiting } from "./connection-timeouts.ts";
import type { RawConnection } from "./raw-connection.ts";
import type { ConnectionSettings } from "./settings.ts";
import { windowBytes, writeCopied, WriteQueue } from "./write-queue.ts";

/** Who is told what happens on a connection; one may be told of many. */
export interface ByteEvents {
  bytes(connection: ByteConnection, view: Uint8Array): void;
  peerEnded(connection: ByteConnection): void;
  drained(connection: ByteConnection): void;
  closed(connection: ByteConnection, closeInfo: CloseInfo): void;
}

/** Who has connections: a server has many, `connect` makes one. */
export interface ConnectionOwner {
  readonly role: "client" | "server";
  readonly settings: ConnectionSettings;
  readonly deadlines: TimerHeap;
  /** The peer, as messages name it; its address unless given. */
  readonly peerName?: string | undefined;
  /** Called when the memory that waits to be sent on one of its connections has changed by so many bytes. */
  queued?(bytes: number): void;
  /** Nothing more is owed to the peer: our side is closed and sent, or it is over. Called once. */
  finished?(connection: ByteConnection): void;
  /** Called last. */
  over?(connection: ByteConnection): void;
}

/** What a connection is made of. */
export interface ByteConnectionParts {
  readonly id: ConnectionId;
  readonly owner: ConnectionOwner;
  readonly wire: Wire;
  /** When connecting began; the connection's own time begins now. */
  readonly startedAtMs: number;
}

/**
 * Whether some connection is being called with a view that will not last: it may be
 * handed to any other connection, which then has to copy what it cannot send at once.
 */
let insideUnstableView = false;

/** What of a connection is true or not, as bits of one number. */
const flag = {
  /** Our FIN is asked for; bytes may wait in front of it. */
  finAsked: 1,
  finSent: 2,
  peerFin: 4,
  /** Who was first to be done, if somebody is. */
  peerFirst: 8,
  usFirst: 16,
  /** Closing: what comes is thrown away. */
  discarding: 32,
  paused: 64,
  /** The owner has been told that nothing more is owed. */
  finished: 128,
  /** Ended at once: what waits is on its way to be freed, and counts no more. */
  cut: 256,
  /** It has ended. */
  over: 512,
} as const;

/** What few connections need, and only when they do. */
interface Seldom {
  /** Only while something waits to be sent, or sending has a rate. */
  queue: WriteQueue | undefined;
  /** Only while receiving has a rate. */
  receiveThrottle: ReceiveThrottle | undefined;
  /** Writes that have not resolved. */
  writers: number;
  /** What the owner was last told is queued here. */
  queuedBytes: number;
  /**
   * Set while a connection that the peer has ended delivers what it had held back: bytes that are written
   * meanwhile. The handler cannot know that there is nobody to answer any more.
   */
  lostBytes: number | undefined;
}

/** What a write that has not resolved costs besides its bytes: a promise and its place in the queue. */
const writerCostBytes = 256;

export class ByteConnection implements RawConnection, WireEvents, Waiting {
  readonly id: ConnectionId;
  data: unknown = undefined;
  bytesReceived: number = 0;

  /** Its place among its owner's connections; kept by `OpenConnections` alone. */
  place: number = -1;

  readonly #wire: Wire;
  readonly #owner: ConnectionOwner;
  readonly #timeouts: ConnectionTimeouts;
  readonly #openedAtMs: number;
  #events: ByteEvents | undefined = undefined;
  /** Bytes handed to the wire, taken by the kernel or not. */
  #bytesGiven = 0;
  #seldom: Seldom | undefined = undefined;
  /** How it will end, or, with `over`, how it has. */
  #verdict: CloseCause | undefined = undefined;
  #flags = 0;

  constructor({ id, owner, wire, startedAtMs }: ByteConnectionParts) {
    const { settings } = owner;
    this.id = id;
    this.#wire = wire;
    this.#owner = owner;
    this.#timeouts = new ConnectionTimeouts(this);
    this.#openedAtMs = settings.clock.now();
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

  /** Hands over the receiver of events and begins to read. */
  open(events: ByteEvents): void {
    this.#events = events;
    this.#wire.start(this);
    this.#timeouts.begin();
  }

  get local(): Address {
    return this.#wire.local;
  }

  get remote(): Address | undefined {
    return this.#wire.remote;
  }

  /** The peer, as messages name it. */
  get name(): string {
    return this.#owner.peerName ?? formatAddress(this.remote ?? this.local);
  }

  get settings(): ConnectionSettings {
    return this.#owner.settings;
  }

  get deadlines(): TimerHeap {
    return this.#owner.deadlines;
  }

  /** How it ended, once it has. */
  get closeInfo(): CloseInfo | undefined {
    return this.#is(flag.over) ? (this.#verdict as CloseInfo) : undefined;
  }

  /** Why nothing more can be sent, if so. */
  get sendError(): NetError | undefined {
    if (this.writable) return undefined;
    const { closeInfo } = this;
    if (closeInfo !== undefined) return this.#closedError(closeInfo);
    if (this.#verdict?.error) return this.#verdict.error;
    return this.#is(flag.finAsked) ? this.#error("ERR_CLOSED", "send", "our side has ended") : undefined;
  }

  get pendingBytes(): number {
    const { closeInfo } = this;
    if (closeInfo !== undefined) return closeInfo.bytesUnsent;
    const seldom = this.#seldom;
    if (seldom === undefined) return this.#wire.pendingBytes;
    const pending = seldom.queue === undefined ? this.#wire.pendingBytes : seldom.queue.pendingBytes;
    return seldom.lostBytes === undefined ? pending : pending + seldom.lostBytes;
  }

  get wireBytes(): number {
    return this.#wire.pendingBytes;
  }

  /** Bytes that the kernel has taken. */
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
    return !this.#is(flag.finAsked) && this.#verdict === undefined;
  }

  write(data: Uint8Array | string): boolean {
    const bytes = bytesToSend("write: data", data);
    if (!this.writable) return this.#lose(bytes.length);
    if (this.#seldom?.queue !== undefined) this.checkRoom(bytes.length);
    return this.send(bytes, false);
  }

  /**
   * Sends bytes without a limit: the caller has asked whether there is room (`checkRoom`), or waits until
   * they are sent. Returns whether nothing waits.
   *
   * @param copied whether the bytes are the caller's again when this returns: what has to wait is copied
   */
  send(bytes: Uint8Array, copied: boolean): boolean {
    if (!this.writable) return false;
    if (bytes.length === 0) return this.pendingBytes === 0;
    if (this.#seldom?.queue === undefined && bytes.length <= windowBytes) {
      this.given(bytes);
      if (copied ? writeCopied(this.#wire, bytes) : this.#wire.write(bytes)) {
        this.#timeouts.moved();
        return true;
      }
      this.#own().queue = new WriteQueue(this.#wire, this, { owned: copied });
    } else {
      this.#queued().push(bytes, copied || insideUnstableView);
    }
    if (this.#seldom?.queue?.full === true) {
      this.#timeouts.stalled();
      this.#account();
      return false;
    }
    this.#timeouts.moved();
    const nothingWaits = this.#forgetQueue();
    this.#account();
    return nothingWaits;
  }

  /** Bytes written so far, whether the kernel has taken them or not. */
  get bytesWritten(): number {
    return this.#bytesGiven + (this.#seldom?.queue === undefined ? 0 : this.#seldom?.queue.waitingBytes);
  }

  /**
   * Whether whoever wrote the bytes up to `end`, as `bytesWritten` counts, may go on: no more of them than
   * `writeAheadBytes` wait, and those are copies by now.
   */
  letsWriterGoOn(end: number): boolean {
    const waiting = end - this.bytesSent;
    if (waiting <= 0 || this.#seldom?.queue === undefined) return true;
    return waiting <= limits.writeAheadBytes.value && this.#seldom?.queue.own(waiting);
  }

  /** So many writers more, or fewer, wait until their bytes are sent. */
  writersChanged(by: number): void {
    this.#own().writers += by;
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
    const writers = this.#seldom?.writers ?? 0;
    if (pending + count + writers * writerCostBytes <= max) return;
    const writes = writers > 1 ? ` in ${writers} writes` : "";
    throw this.#error(
      "ERR_WRITE_QUEUE_FULL",
      "send",
      `${pending} bytes wait to be sent${writes}, ${count} more would pass the limit of ${max}`,
      option,
    );
  }

  /** Memory that waits here to be sent, as its owner counts it. */
  get queuedBytes(): number {
    return this.#seldom?.queuedBytes ?? 0;
  }

  /** Tells the owner how much memory waits here. */
  #account(): void {
    const seldom = this.#seldom;
    if (seldom === undefined || this.#owner.queued === undefined || this.#is(flag.cut)) return;
    const { queue, writers } = seldom;
    this.#tellQueued(queue === undefined ? 0 : queue.pendingBytes + writers * writerCostBytes);
  }

  #tellQueued(queued: number): void {
    const change = queued - this.queuedBytes;
    if (change === 0) return;
    this.#own().queuedBytes = queued;
    this.#owner.queued?.(change);
  }

  /** Bytes are handed to the wire. */
  given(bytes: Uint8Array): void {
    this.#bytesGiven += bytes.length;
    const { onBytes } = this.settings;
    if (onBytes !== undefined) this.#tellBytes(onBytes, "bytesSent", bytes);
  }

  /** Sending the rest would leave a gap in the stream, so the connection fails. */
  detached(): void {
    const happened = "a buffer was transferred before its write had resolved, so its bytes are lost";
    const error = this.#error("ERR_BUFFER_DETACHED", "send", happened);
    this.fail({ how: "failed", by: "us", stage: "send", error });
  }

  pause(): void {
    if (this.#is(flag.discarding | flag.paused | flag.over)) return;
    this.#flags |= flag.paused;
    this.#readOrWait();
  }

  resume(): void {
    if (!this.#is(flag.paused) || this.#is(flag.over)) return;
    this.#flags &= ~flag.paused;
    this.#seldom?.receiveThrottle?.letThrough();
    this.#readOrWait();
  }

  ref(): void {
    this.#wire.holdProcess(true);
  }

  unref(): void {
    this.#wire.holdProcess(false);
  }

  limitRate(rates: RateLimits): void {
    checkOptions("limitRate", rates, { sendBytesPerSecond: true, receiveBytesPerSecond: true });
    const send = bytesPerSecondOf("sendBytesPerSecond", rates);
    const receive = bytesPerSecondOf("receiveBytesPerSecond", rates);
    if (this.#is(flag.over)) return;
    if (send !== undefined) this.#paceSending(send);
    if (receive !== undefined && !this.#is(flag.discarding)) {
      const receiveThrottle = (this.#own().receiveThrottle ??= this.#startReceiveThrottle());
      receiveThrottle.setRate(receive);
    }
  }

  end(): void {
    if (!this.writable) return;
    this.#flags |= flag.finAsked;
    this.#first(flag.usFirst);
    this.#sendFin();
  }

  close(verdict?: CloseCause): void {
    if (this.#is(flag.discarding | flag.over)) return;
    this.resume();
    this.#flags |= flag.discarding;
    this.#seldom?.receiveThrottle?.release();
    const alreadySent = this.#is(flag.finSent);
    this.end();
    this.#verdict ??= verdict;
    this.#timeouts.closing();
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

  /** Ends at once, with RST, for the reason given. */
  fail(verdict: CloseCause): void {
    if (this.#is(flag.over)) return;
    this.#verdict ??= verdict;
    this.#cutOff();
  }

  timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void {
    const stage = how === "abort" ? "send" : "receive";
    const error = this.#error(code, stage, happened, option);
    const verdict: CloseCause = { how: "timeout", by: "us", stage, error };
    const { farewell } = this.settings;
    if (how === "close" && farewell !== undefined && this.writable) {
      this.send(farewell, true);
      this.close(verdict);
      return;
    }
    this.#verdict ??= verdict;
    // A peer that does not read gets RST: a FIN would wait behind the data.
    if (how === "abort") this.#cutOff();
    else this.#wire.close();
  }

  letGo(): void {
    this.#verdict ??= this.#finVerdict();
    this.#wire.close();
  }

  /** What it waits for, and for how long. */
  get timeouts(): ConnectionTimeouts {
    return this.#timeouts;
  }

  // ── WireEvents ──

  bytes(view: Uint8Array): void {
    if (this.#seldom?.receiveThrottle === undefined) this.#received(view);
    else this.#seldom?.receiveThrottle.push(view);
  }

  ended(): void {
    if (this.#seldom?.receiveThrottle === undefined) this.#receivedFin();
    else this.#seldom?.receiveThrottle.pushFin();
  }

  filled(): void {
    this.#queued().filled();
    this.#timeouts.stalled();
    this.#account();
  }

  drained(): void {
    this.#timeouts.drained();
    this.#seldom?.queue?.drained();
    this.#sentSome();
  }

  closed(error: WireError | undefined): void {
    if (this.#verdict !== undefined) this.#flags |= flag.discarding;
    else if (error !== undefined) this.#verdict = wireFailure(error, this.name, this.settings.userTimeoutMs);
    const lostBytes = this.#releaseInflow();
    this.#timeouts.end();
    const verdict = this.#verdict ?? this.#finVerdict();
    const { clock, isWatched, onEvent } = this.settings;
    const now = clock.now();
    const closeInfo: CloseInfo = {
      how: verdict.how,
      by: verdict.by,
      stage: verdict.stage,
      error: verdict.error,
      bytesReceived: this.bytesReceived,
      bytesSent: this.bytesSent,
      bytesUnsent:
        lostBytes +
        (this.#seldom?.queue === undefined ? this.#wire.pendingBytes : this.#seldom?.queue.drop()),
      durationMs: now - this.#openedAtMs,
    };
    this.#verdict = closeInfo;
    this.#flags |= flag.over;
    this.#tellQueued(0);
    if (isWatched("closed")) emit(onEvent, { type: "closed", atMs: now, connection: this.id, closeInfo });
    this.#events?.closed(this, closeInfo);
    this.#finish();
    this.#owner.over?.(this);
  }

  // ── inside ──

  #is(flags: number): boolean {
    return (this.#flags & flags) !== 0;
  }

  /** Notes who was first to be done. */
  #first(who: number): void {
    if (!this.#is(flag.peerFirst | flag.usFirst)) this.#flags |= who;
  }

  #own(): Seldom {
    return (this.#seldom ??= {
      queue: undefined,
      receiveThrottle: undefined,
      writers: 0,
      queuedBytes: 0,
      lostBytes: undefined,
    });
  }

  #queued(): WriteQueue {
    return (this.#own().queue ??= new WriteQueue(this.#wire, this, undefined));
  }

  /** A write that cannot be taken. */
  #lose(count: number): false {
    const seldom = this.#seldom;
    if (seldom?.lostBytes === undefined || this.#is(flag.finAsked)) throw this.#notWritable();
    seldom.lostBytes += count;
    return false;
  }

  /** Delivers what was held back; returns how many bytes were written in answer to it, which are lost. */
  #releaseInflow(): number {
    const seldom = this.#seldom;
    if (seldom?.receiveThrottle === undefined) return 0;
    seldom.lostBytes = 0;
    seldom.receiveThrottle.release();
    const lost = seldom.lostBytes;
    seldom.lostBytes = undefined;
    return lost;
  }

  #cutOff(): void {
    this.#flags |= flag.cut;
    this.#tellQueued(0);
    this.#wire.abort();
  }

  #received(view: Uint8Array): void {
    this.bytesReceived += view.length;
    this.#timeouts.heard();
    const { onBytes, engine } = this.settings;
    // Within the call of one connection, another may be made to hand on what it holds.
    const outside = insideUnstableView;
    insideUnstableView = !engine.stableViews;
    try {
      if (onBytes !== undefined) this.#tellBytes(onBytes, "bytesReceived", view);
      if (!this.#is(flag.discarding)) this.#events?.bytes(this, view);
    } finally {
      insideUnstableView = outside;
    }
  }

  #receivedFin(): void {
    this.#flags |= flag.peerFin;
    this.#first(flag.peerFirst);
    this.#tellFin("finReceived");
    this.#timeouts.directionEnded();
    if (!this.#is(flag.discarding)) this.#events?.peerEnded(this);
  }

  /** Some of what waited has been handed on. */
  #sentSome(): void {
    if (this.#seldom?.queue?.full === true) this.#timeouts.stalled();
    this.#timeouts.moved();
    this.#forgetQueue();
    this.#account();
    this.#sendFin();
    if (this.#verdict === undefined) this.#events?.drained(this);
  }

  /** Whether nothing waits; then there is no need of a queue. */
  #forgetQueue(): boolean {
    const queue = this.#seldom?.queue;
    if (queue === undefined) return true;
    if (queue.isIdle) this.#own().queue = undefined;
    return queue.pendingBytes === 0;
  }

  #paceSending(bytesPerSecond: number): void {
    const waited = this.pendingBytes > 0;
    const more = (): void => {
      this.#seldom?.queue?.pump();
      this.#sentSome();
    };
    this.#queued().setPace(
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

  /** Reads from the wire, or leaves what comes to the kernel. */
  #readOrWait(): void {
    // Somebody paused us, or the peer has sent more than the pace allows.
    const heldBack = this.#is(flag.paused) || this.#seldom?.receiveThrottle?.holding === true;
    this.#timeouts.holdBack(heldBack);
    if (this.#is(flag.over)) return;
    if (heldBack) this.#wire.pause();
    else this.#wire.resume();
  }

  #sendFin(): void {
    // The wire knows now whether what it has taken has gone.
    if (!this.#is(flag.finAsked) || this.#is(flag.finSent) || this.pendingBytes > 0) return;
    this.#flags |= flag.finSent;
    this.#tellFin("finSent");
    this.#wire.end();
    if (this.#is(flag.discarding)) this.#linger();
    else this.#timeouts.directionEnded();
  }

  /** Our last words are sent: give the peer time to read them before we let go. */
  #linger(): void {
    this.#timeouts.linger();
    this.#finish();
  }

  #finish(): void {
    if (this.#is(flag.finished)) return;
    this.#flags |= flag.finished;
    this.#owner.finished?.(this);
  }

  #finVerdict(): CloseCause {
    return { how: "fin", by: this.#is(flag.peerFirst) ? "peer" : "us", stage: "close", error: undefined };
  }

  /** Why a write cannot be taken; the reason of the end, if that has one, is the cause. */
  #notWritable(): NetError {
    const over = this.#verdict !== undefined;
    return new NetError({
      code: "ERR_CLOSED",
      stage: "send",
      address: this.name,
      happened: over ? "the connection has ended" : "our side has ended",
      cause: this.#verdict?.error,
    });
  }

  #closedError(closeInfo: CloseInfo): NetError {
    if (closeInfo.error !== undefined) return closeInfo.error;
    return this.#error("ERR_CLOSED", "send", "the connection has ended");
  }

  #error(code: ErrorCode, stage: NetError["stage"], happened: string, option?: string): NetError {
    return new NetError({ code, stage, address: this.name, happened, option });
  }

  #tellBytes(onBytes: (event: BytesEvent) => void, type: BytesEvent["type"], bytes: Uint8Array): void {
    emit(onBytes, { type, atMs: this.settings.clock.now(), connection: this.id, bytes });
  }

  #tellFin(type: "finReceived" | "finSent"): void {
    const { clock, isWatched, onEvent } = this.settings;
    if (isWatched(type)) emit(onEvent, { type, atMs: clock.now(), connection: this.id });
  }
}
