/**
 * One connection as bytes, told by plain calls.
 *
 * Owns its wire: nobody else reads, writes or ends it. Adds what a bare wire
 * lacks: a bounded write queue, deadlines, half-close, a close that lingers, and
 * exactly one ending. Messages and promises are not known here; see connection.ts.
 *
 *      open ──▶ ending (our FIN is asked for) ──▶ lingering ──▶ closed
 *        │                                            ▲
 *        └── close() = end, and throw away what comes ┘     abort() ──▶ closed
 */
import { formatAddress, type Address } from "../base/address.ts";
import { encodeText } from "../base/bytes.ts";
import { NetError, type ErrorCode } from "../base/errors.ts";
import { tell, type BytesEvent, type ConnectionId, type Ending } from "../base/events.ts";
import { refuseUnknownOptions } from "../base/option-names.ts";
import type { Wire, WireError, WireEvents } from "../wire/index.ts";
import { wireFailure, type Verdict } from "./closing.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { Inflow } from "./inflow.ts";
import { bytesPerSecondOf, Pace, type RateLimits } from "./pace.ts";
import type { ConnectionSettings } from "./settings.ts";
import { WriteQueue } from "./write-queue.ts";

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
  /**
   * Sends. Returns `true` if the kernel took it all, `false` if it waits (see
   * `drained`), or if the connection has ended. The bytes must not change while
   * they wait; the view that `bytes` was called with may be given.
   *
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

/** Who is told what happens on a connection. */
export interface ByteEvents {
  bytes(view: Uint8Array): void;
  peerEnded(): void;
  drained(): void;
  closed(ending: Ending): void;
}

/** What a connection is made of. */
export interface ByteConnectionParts {
  readonly id: ConnectionId;
  readonly role: "client" | "server";
  readonly wire: Wire;
  /** The peer, as messages name it; its address unless given. */
  readonly name?: string | undefined;
  readonly settings: ConnectionSettings;
  readonly deadlines: Deadlines;
  /** When connecting began; the connection's own time begins now. */
  readonly startedAtMs: number;
  /** Called when nothing more is owed to the peer: our side is closed and sent, or it is over. May come twice. */
  readonly finished?: (() => void) | undefined;
  /** Called last. */
  readonly over?: ((ending: Ending) => void) | undefined;
}

/**
 * Whether some connection is being called with a view that will not last: it may be
 * handed to any other connection, which then has to copy what it cannot send at once.
 */
let insideUnstableView = false;

export class ByteConnection implements RawConnection, WireEvents, Deadline {
  readonly id: ConnectionId;
  readonly local: Address;
  readonly remote: Address | undefined;
  data: unknown = undefined;
  bytesReceived: number = 0;
  // Kept by Deadlines.
  slot: number = -1;
  askAtMs: number = Infinity;

  readonly #wire: Wire;
  readonly #name: string | undefined;
  readonly #settings: ConnectionSettings;
  readonly #deadlines: Deadlines;
  readonly #queue: WriteQueue;
  /** Only while receiving has a rate. */
  #inflow: Inflow | undefined;
  readonly #openedAtMs: number;
  readonly #finished: (() => void) | undefined;
  readonly #over: ((ending: Ending) => void) | undefined;
  #events: ByteEvents | undefined;
  #verdict: Verdict | undefined;
  #ending: Ending | undefined;
  /** Our sending side: `asked` while bytes wait in front of the FIN. */
  #ourFin: "none" | "asked" | "sent" = "none";
  #peerFin = false;
  /** Who was first to be done. */
  #firstFin: "peer" | "us" | undefined;
  /** Closing: what comes is thrown away. */
  #discarding = false;
  #paused = false;
  #awaited = true;
  /** Whether the peer's silence counts: somebody waits for it, and nothing holds it back. */
  #silenceCounts = true;
  #quietSinceMs: number;
  #silenceStoppedAtMs = 0;
  #messageSinceMs = Infinity;
  #stalledSinceMs = Infinity;
  /** What the wire had pending then. */
  #stalledBytes = 0;
  /** When anything last moved, for the half-close deadline. */
  #movedAtMs: number;
  #lingerUntilMs = Infinity;

  constructor(parts: ByteConnectionParts) {
    const { wire, settings } = parts;
    this.id = parts.id;
    this.local = wire.local;
    this.remote = wire.remote;
    this.#wire = wire;
    this.#name = parts.name;
    this.#settings = settings;
    this.#deadlines = parts.deadlines;
    this.#finished = parts.finished;
    this.#over = parts.over;
    const { onBytes } = settings;
    this.#queue = new WriteQueue(wire, onBytes && ((bytes) => this.#tellBytes(onBytes, "bytesSent", bytes)));
    this.#openedAtMs = this.#quietSinceMs = this.#movedAtMs = settings.clock.now();
    tell(settings.onEvent, {
      type: "opened",
      atMs: this.#openedAtMs,
      connection: this.id,
      role: parts.role,
      local: this.local,
      remote: this.remote,
      durationMs: this.#openedAtMs - parts.startedAtMs,
    });
  }

  /** Hands over the receiver of events and begins to read. */
  open(events: ByteEvents): void {
    this.#events = events;
    this.#wire.start(this);
    this.#schedule();
  }

  /** The peer, as messages name it. */
  get name(): string {
    return this.#name ?? formatAddress(this.remote ?? this.local);
  }

  /** How it ended, once it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Why nothing more can be sent, if so. */
  get sendError(): NetError | undefined {
    if (this.#ending !== undefined) return this.#closedError(this.#ending);
    if (this.#verdict?.error) return this.#verdict.error;
    return this.#ourFin === "none" ? undefined : this.#error("ERR_CLOSED", "send", "our side has ended");
  }

  get pendingBytes(): number {
    return this.#queue.pendingBytes;
  }

  /** Bytes that the kernel has taken. */
  get bytesSent(): number {
    return this.#queue.bytesGiven - Math.min(this.#wire.pendingBytes, this.#queue.bytesGiven);
  }

  write(data: Uint8Array | string): boolean {
    if (this.#ourFin !== "none" || this.#verdict !== undefined) return false;
    const bytes = typeof data === "string" ? encodeText(data) : data;
    this.checkRoom(bytes.length);
    return this.writeAnyway(bytes);
  }

  /** The same for bytes that there has to be room for: whoever made them has asked before (`checkRoom`). */
  writeAnyway(bytes: Uint8Array): boolean {
    if (this.#ourFin !== "none" || this.#verdict !== undefined) return false;
    if (bytes.length === 0) return this.pendingBytes === 0;
    this.#queue.push(bytes, insideUnstableView);
    if (this.#queue.full) {
      this.#stalled();
      return false;
    }
    if (this.#peerFin) this.#moved();
    return this.#queue.pendingBytes === 0;
  }

  /** @throws {NetError} `ERR_WRITE_QUEUE_FULL` if `count` bytes more would be too many. */
  checkRoom(count: number): void {
    const pending = this.pendingBytes;
    const max = this.#settings.writeQueueBytesMax;
    if (count === 0 || pending === 0 || pending + count <= max) return;
    throw this.#error(
      "ERR_WRITE_QUEUE_FULL",
      "send",
      `${pending} bytes wait to be sent, ${count} more would pass the limit of ${max}`,
      "writeQueueBytesMax",
    );
  }

  pause(): void {
    if (this.#discarding || this.#paused || this.#ending !== undefined) return;
    this.#paused = true;
    this.#readOrWait();
  }

  resume(): void {
    if (!this.#paused || this.#ending !== undefined) return;
    this.#paused = false;
    this.#inflow?.letThrough();
    this.#readOrWait();
  }

  limitRate(rates: RateLimits): void {
    refuseUnknownOptions("limitRate", rates, { sendBytesPerSecond: true, receiveBytesPerSecond: true });
    const send = bytesPerSecondOf("sendBytesPerSecond", rates);
    const receive = bytesPerSecondOf("receiveBytesPerSecond", rates);
    if (this.#ending !== undefined) return;
    if (send !== undefined) this.#paceSending(send);
    if (receive !== undefined && !this.#discarding) {
      this.#inflow ??= this.#holdInflow();
      this.#inflow.setRate(receive);
    }
  }

  end(): void {
    if (this.#ourFin !== "none" || this.#verdict !== undefined) return;
    this.#ourFin = "asked";
    this.#firstFin ??= "us";
    this.#sendFin();
  }

  close(verdict?: Verdict): void {
    if (this.#discarding || this.#ending !== undefined) return;
    this.resume();
    this.#discarding = true;
    this.#inflow?.release();
    const alreadySent = this.#ourFin === "sent";
    this.end();
    this.#verdict ??= verdict;
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
  fail(verdict: Verdict): void {
    if (this.#ending !== undefined) return;
    this.#verdict ??= verdict;
    this.#wire.abort();
  }

  /** Says whether somebody waits for the peer: only then does its silence count. */
  awaitPeer(awaited: boolean): void {
    this.#awaited = awaited;
    this.#countSilence();
  }

  /** The first bytes of a message are here and its last are not. */
  messageBegan(): void {
    if (this.#messageSinceMs !== Infinity) return;
    this.#messageSinceMs = this.#settings.clock.now();
    this.#deadlines.noLaterThan(this, this.#messageSinceMs + this.#settings.messageTimeoutMs);
  }

  /** No message is under way. */
  messageEnded(): void {
    this.#messageSinceMs = Infinity;
  }

  // ── WireEvents ──

  bytes(view: Uint8Array): void {
    if (this.#inflow === undefined) this.#received(view);
    else this.#inflow.push(view);
  }

  ended(): void {
    if (this.#inflow === undefined) this.#receivedFin();
    else this.#inflow.pushFin();
  }

  drained(): void {
    this.#stalledSinceMs = Infinity;
    this.#queue.drained();
    this.#sentSome();
  }

  closed(error: WireError | undefined): void {
    // What was held back is received now; of no use to whoever ended it from this side.
    if (this.#verdict !== undefined) this.#discarding = true;
    this.#inflow?.release();
    this.#deadlines.remove(this);
    const verdict = this.#verdict ?? (error ? wireFailure(error, this.name) : this.#finVerdict());
    const bytesSent = this.bytesSent;
    const now = this.#settings.clock.now();
    const ending: Ending = {
      ...verdict,
      bytesReceived: this.bytesReceived,
      bytesSent,
      bytesUnsent: this.#queue.drop(),
      durationMs: now - this.#openedAtMs,
    };
    this.#verdict = verdict;
    this.#ending = ending;
    tell(this.#settings.onEvent, { type: "closed", atMs: now, connection: this.id, ending });
    this.#events?.closed(ending);
    this.#finished?.();
    this.#over?.(ending);
  }

  // ── Deadline ──

  reached(nowMs: number): number {
    this.#noticeProgress(nowMs);
    const due = this.#earliest();
    if (due.atMs > nowMs) return due.atMs;
    // Whichever it is, it lets go of the wire: then there is only `closed` to wait for.
    due.act(this);
    return Infinity;
  }

  // ── inside ──

  #received(view: Uint8Array): void {
    this.bytesReceived += view.length;
    this.#quietSinceMs = this.#settings.clock.now();
    if (this.#ourFin === "sent") this.#movedAtMs = this.#quietSinceMs;
    const { onBytes } = this.#settings;
    if (onBytes !== undefined) this.#tellBytes(onBytes, "bytesReceived", view);
    if (this.#discarding) return;
    // Within the call of one connection, another may be made to hand on what it holds.
    const outside = insideUnstableView;
    insideUnstableView = !this.#settings.engine.stableViews;
    try {
      this.#events?.bytes(view);
    } finally {
      insideUnstableView = outside;
    }
  }

  #receivedFin(): void {
    this.#peerFin = true;
    this.#firstFin ??= "peer";
    this.#movedAtMs = this.#settings.clock.now();
    tell(this.#settings.onEvent, { type: "finReceived", atMs: this.#movedAtMs, connection: this.id });
    this.#schedule();
    if (!this.#discarding) this.#events?.peerEnded();
  }

  /** Some of what waited has been handed on. */
  #sentSome(): void {
    if (this.#queue.full) this.#stalled();
    if (this.#peerFin) this.#moved();
    this.#sendFin();
    if (this.#verdict === undefined) this.#events?.drained();
  }

  #paceSending(bytesPerSecond: number): void {
    const waited = this.#queue.pendingBytes > 0;
    const more = (): void => {
      this.#queue.pump();
      this.#sentSome();
    };
    this.#queue.setPace(
      bytesPerSecond === Infinity ? undefined : new Pace(bytesPerSecond, this.#settings.clock, more),
    );
    if (waited) this.#sentSome();
  }

  #holdInflow(): Inflow {
    const owner = {
      isPaused: () => this.#paused,
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
    return new Inflow(owner, this.#settings.clock);
  }

  /** Reads from the wire, or leaves what comes to the kernel. */
  #readOrWait(): void {
    this.#countSilence();
    if (this.#ending !== undefined) return;
    if (this.#holdsBack()) this.#wire.pause();
    else this.#wire.resume();
  }

  /** Whether the peer is made to wait: somebody paused us, or it has sent more than the pace allows. */
  #holdsBack(): boolean {
    return this.#paused || this.#inflow?.holding === true;
  }

  /** Stops or starts the clock of the peer's silence, leaving out the time between. */
  #countSilence(): void {
    const counts = this.#awaited && !this.#holdsBack();
    if (counts === this.#silenceCounts) return;
    this.#silenceCounts = counts;
    const now = this.#settings.clock.now();
    if (!counts) {
      this.#silenceStoppedAtMs = now;
      return;
    }
    // What had been waited for when it stopped, if anything, has been waited for still.
    const stoppedAtMs = this.#silenceStoppedAtMs;
    this.#quietSinceMs = now - Math.max(0, stoppedAtMs - this.#quietSinceMs);
    if (this.#messageSinceMs !== Infinity) {
      this.#messageSinceMs = now - Math.max(0, stoppedAtMs - this.#messageSinceMs);
    }
    this.#deadlines.noLaterThan(this, this.#quietUntilMs());
    if (this.#messageSinceMs !== Infinity) this.#schedule();
  }

  #sendFin(): void {
    if (this.#ourFin !== "asked" || this.#queue.pendingBytes > 0) return;
    this.#ourFin = "sent";
    this.#movedAtMs = this.#settings.clock.now();
    tell(this.#settings.onEvent, { type: "finSent", atMs: this.#movedAtMs, connection: this.id });
    this.#wire.end();
    if (this.#discarding) this.#linger();
    else this.#schedule();
  }

  /** Our last words are sent: give the peer time to read them before we let go. */
  #linger(): void {
    if (this.#lingerUntilMs !== Infinity) return;
    this.#lingerUntilMs = this.#settings.clock.now() + this.#settings.lingerTimeoutMs;
    this.#schedule();
    this.#finished?.();
  }

  #stalled(): void {
    if (this.#stalledSinceMs !== Infinity) return;
    this.#stalledSinceMs = this.#settings.clock.now();
    this.#stalledBytes = this.#wire.pendingBytes;
    this.#deadlines.noLaterThan(this, this.#stalledSinceMs + this.#settings.writeStallTimeoutMs);
  }

  /** A peer that takes little at a time does not stall; that is looked at when it would be too late. */
  #noticeProgress(nowMs: number): void {
    if (this.#stalledSinceMs === Infinity || this.#wire.pendingBytes >= this.#stalledBytes) return;
    this.#stalledBytes = this.#wire.pendingBytes;
    this.#stalledSinceMs = nowMs;
    if (this.#peerFin) this.#movedAtMs = nowMs;
  }

  #moved(): void {
    this.#movedAtMs = this.#settings.clock.now();
  }

  #finVerdict(): Verdict {
    return { how: "fin", by: this.#firstFin ?? "us", stage: "close", error: undefined };
  }

  #closedError(ending: Ending): NetError {
    if (ending.error !== undefined) return ending.error;
    return this.#error("ERR_CLOSED", "send", "the connection has ended");
  }

  #error(code: ErrorCode, stage: NetError["stage"], happened: string, option?: string): NetError {
    return new NetError({ code, stage, address: this.name, happened, option });
  }

  #tellBytes(onBytes: (event: BytesEvent) => void, type: BytesEvent["type"], bytes: Uint8Array): void {
    tell(onBytes, { type, atMs: this.#settings.clock.now(), connection: this.id, bytes });
  }

  #schedule(): void {
    const { atMs } = this.#earliest();
    if (atMs !== Infinity) this.#deadlines.noLaterThan(this, atMs);
  }

  #quietUntilMs(): number {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#settings;
    return this.#quietSinceMs + (this.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs);
  }

  /** The deadline that is due first, and what it does. */
  #earliest(): { readonly atMs: number; readonly act: (connection: ByteConnection) => void } {
    const settings = this.#settings;
    let atMs = this.#stalledSinceMs + settings.writeStallTimeoutMs;
    let act = stallReached;
    const consider = (candidateMs: number, action: typeof act): void => {
      if (candidateMs >= atMs) return;
      atMs = candidateMs;
      act = action;
    };
    if (this.#discarding) {
      consider(this.#lingerUntilMs, lingerReached);
      return { atMs, act };
    }
    if (this.#silenceCounts && !this.#peerFin) {
      consider(this.#quietUntilMs(), quietReached);
      consider(this.#messageSinceMs + settings.messageTimeoutMs, messageReached);
    }
    if (this.#peerFin !== (this.#ourFin === "sent")) {
      consider(this.#movedAtMs + settings.halfCloseTimeoutMs, halfCloseReached);
    }
    return { atMs, act };
  }

  /** Ends because of a deadline. A peer that does not read gets RST: a FIN would wait behind the data. */
  timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void {
    const stage = how === "abort" ? "send" : "receive";
    const error = this.#error(code, stage, happened, option);
    this.#verdict ??= { how: "timeout", by: "us", stage, error };
    if (how === "abort") this.#wire.abort();
    else this.#wire.close();
  }

  /** Lets go of a wire whose ending is already decided. */
  letGo(): void {
    this.#verdict ??= this.#finVerdict();
    this.#wire.close();
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }
}

// What each deadline does. Functions of the module, so that asking which is due
// makes no closure for any of them.

function stallReached(connection: ByteConnection): void {
  const ms = connection.settings.writeStallTimeoutMs;
  connection.timeOut(
    "ERR_WRITE_STALL_TIMEOUT",
    `the peer took nothing of ${connection.pendingBytes} bytes in ${ms} ms`,
    "writeStallTimeoutMs",
    "abort",
  );
}

function lingerReached(connection: ByteConnection): void {
  connection.letGo();
}

function quietReached(connection: ByteConnection): void {
  if (connection.bytesReceived === 0) {
    const ms = connection.settings.firstByteTimeoutMs;
    const happened = `the peer said nothing in its first ${ms} ms`;
    connection.timeOut("ERR_FIRST_BYTE_TIMEOUT", happened, "firstByteTimeoutMs", "close");
  } else {
    const happened = `the peer was silent for ${connection.settings.idleTimeoutMs} ms`;
    connection.timeOut("ERR_IDLE_TIMEOUT", happened, "idleTimeoutMs", "close");
  }
}

function messageReached(connection: ByteConnection): void {
  const ms = connection.settings.messageTimeoutMs;
  const happened = `a message was begun and not finished in ${ms} ms`;
  connection.timeOut("ERR_MESSAGE_TIMEOUT", happened, "messageTimeoutMs", "close");
}

function halfCloseReached(connection: ByteConnection): void {
  const ms = connection.settings.halfCloseTimeoutMs;
  const happened = `one direction has ended and nothing moved in the other for ${ms} ms`;
  connection.timeOut("ERR_HALF_CLOSE_TIMEOUT", happened, "halfCloseTimeoutMs", "close");
}
