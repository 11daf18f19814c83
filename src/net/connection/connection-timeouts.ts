/**
 * The timeouts of one connection, as named entries.
 *
 * Each entry counts from something that happened: the last byte received, the first byte of a message, a
 * full queue, the end of one direction, our FIN. Those times are kept here in whole milliseconds, which V8
 * stores without extra memory. Which entry is due first is computed on demand.
 */
import type { ErrorCode } from "../../base/errors.ts";
import type { HeapTimer, TimerHeap } from "../timing/timer-heap.ts";
import type { ConnectionSettings, ReadTimeouts } from "./settings.ts";

/** The connection that the timeouts belong to. */
export interface TimedConnection {
  readonly settings: ConnectionSettings;
  readonly timers: TimerHeap;
  readonly bytesReceived: number;
  /** Bytes written that the kernel has not accepted yet. */
  readonly pendingBytes: number;
  /** Those of them that the wire holds. */
  readonly wireBytes: number;
  readonly peerHasEnded: boolean;
  /** Our FIN is sent. */
  readonly weHaveEnded: boolean;
  /** Closing: input is discarded. */
  readonly isDiscarding: boolean;
  /** Closes the connection because of a timeout. */
  timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void;
  /** Closes the wire of a connection whose close cause is decided. */
  closeWire(): void;
}

/** A time that has not been set. */
const never = -1;

/** Reasons why the peer's silence does not count, as bits of one number. */
const noRead = 1;
const heldBack = 2;

/** In the same number: the read in progress has its own timeout. Does not stop the count. */
const ownTimeout = 4;

/** Times that most open connections never set; allocated on demand. */
interface ExtraTimes {
  /** The first byte of an incomplete message. */
  messageSinceMs: number;
  stalledSinceMs: number;
  /** Bytes that the wire held then. */
  stalledBytes: number;
  /** The last progress in the direction that is still open. */
  movedAtMs: number;
  lingerSinceMs: number;
  /** The last progress in either direction; `never` unless `inactivityTimeoutMs` is set. */
  activeAtMs: number;
}

/** Shared by all connections that have set none of these times. */
const noTimes: Readonly<ExtraTimes> = {
  messageSinceMs: never,
  stalledSinceMs: never,
  stalledBytes: 0,
  movedAtMs: never,
  lingerSinceMs: never,
  activeAtMs: never,
};

interface TimeoutEntry {
  /** When it fires; `Infinity` while it does not apply. */
  readonly dueMs: (timeouts: ConnectionTimeouts) => number;
  /** Closes the connection, with the reason. */
  readonly fire: (timeouts: ConnectionTimeouts) => void;
}

export class ConnectionTimeouts implements HeapTimer {
  static readonly #entries = {
    writeStall: { dueMs: (of) => of.#writeStallMs(), fire: (of) => of.#writeStalled() },
    inactivity: { dueMs: (of) => of.#inactivityMs(), fire: (of) => of.#inactive() },
    linger: { dueMs: (of) => of.#lingerMs(), fire: (of) => of.#connection.closeWire() },
    silence: { dueMs: (of) => of.#silenceMs(), fire: (of) => of.#silent() },
    message: { dueMs: (of) => of.#messageMs(), fire: (of) => of.#messageLate() },
    halfClose: { dueMs: (of) => of.#halfCloseMs(), fire: (of) => of.#halfClosed() },
  } as const satisfies Readonly<Record<string, TimeoutEntry>>;

  /** The entries of an open connection. Of entries due at the same time, the first one fires. */
  static readonly #whileOpen: readonly TimeoutEntry[] = [
    this.#entries.writeStall,
    this.#entries.inactivity,
    this.#entries.silence,
    this.#entries.message,
    this.#entries.halfClose,
  ];
  static readonly #whileClosing: readonly TimeoutEntry[] = [
    this.#entries.writeStall,
    this.#entries.inactivity,
    this.#entries.linger,
  ];

  static #entriesOf({ isDiscarding }: TimedConnection): readonly TimeoutEntry[] {
    return isDiscarding ? this.#whileClosing : this.#whileOpen;
  }

  // Maintained by `TimerHeap`.
  slot: number = -1;
  askAtMs: number = 0;

  readonly #connection: TimedConnection;
  /** Why the silence does not count; 0 while it does. */
  #silenceState = 0;
  /** The last byte received, or the time at which the silence began to count. */
  #silentSinceMs: number;
  /** The time at which the silence stopped counting, `never` while it counts. */
  #silenceStoppedAtMs: number = never;
  /** Allocated on demand; `noTimes` until then, which is never written to. */
  #extra: ExtraTimes = noTimes;

  constructor(connection: TimedConnection) {
    this.#connection = connection;
    this.#silentSinceMs = this.#now();
  }

  begin(): void {
    if (this.#connection.settings.inactivityTimeoutMs !== Infinity) {
      this.#ensureExtra().activeAtMs = this.#now();
    }
    this.#schedule();
  }

  /** Stops the timeouts: the connection has closed. */
  end(): void {
    this.#connection.timers.remove(this);
  }

  // ── progress ──

  /** Bytes were received. */
  received(): void {
    const now = this.#now();
    this.#silentSinceMs = now;
    const extra = this.#extra;
    if (extra === noTimes) return;
    if (extra.movedAtMs !== never) extra.movedAtMs = now;
    if (extra.activeAtMs !== never) extra.activeAtMs = now;
  }

  /** The kernel or the peer accepted some of the bytes written. */
  sent(): void {
    const extra = this.#extra;
    if (extra === noTimes) return;
    if (extra.movedAtMs !== never) extra.movedAtMs = this.#now();
    if (extra.activeAtMs !== never) extra.activeAtMs = this.#now();
  }

  /** Bytes are queued for sending, and the wire is full. */
  stalled(): void {
    if (this.#extra.stalledSinceMs !== never) return;
    const extra = this.#ensureExtra();
    extra.stalledSinceMs = this.#now();
    extra.stalledBytes = this.#connection.wireBytes;
    this.#connection.timers.noLaterThan(this, Math.min(this.#writeStallMs(), this.#inactivityMs()));
  }

  /** The wire is no longer full. */
  drained(): void {
    if (this.#extra.stalledSinceMs !== never) this.#ensureExtra().stalledSinceMs = never;
  }

  /** One direction has ended, or both. */
  directionEnded(): void {
    this.#ensureExtra().movedAtMs = this.#now();
    this.#schedule();
  }

  /** Input is discarded from now on, so only sent bytes count as activity. */
  closing(): void {
    if (this.#extra.activeAtMs !== never) this.#schedule();
  }

  /** Our FIN is sent: the peer gets time to read everything. */
  linger(): void {
    if (this.#extra.lingerSinceMs !== never) return;
    this.#ensureExtra().lingerSinceMs = this.#now();
    this.#schedule();
  }

  // ── reads ──

  /** From now on the silence counts only while a read is in progress. In raw mode it always counts. */
  waitForReads(): void {
    this.#silenceState |= noRead;
    this.#updateSilence();
  }

  /** A read waits for the peer. With its own timeout, the default values do not apply to it. */
  readBegan(hasOwnTimeout: boolean): void {
    if (hasOwnTimeout) this.#silenceState |= ownTimeout;
    this.#silenceState &= ~noRead;
    this.#updateSilence();
  }

  /** A read needs more bytes of a message that has begun. */
  messageIncomplete(): void {
    if (this.#extra.messageSinceMs !== never) return;
    const now = this.#now();
    this.#ensureExtra().messageSinceMs = now;
    this.#connection.timers.noLaterThan(this, now + this.#connection.settings.messageTimeoutMs);
  }

  /** A read got its message, from bytes received before or just now: no need to read the clock. */
  readServed(): void {
    if (this.#extra.messageSinceMs !== never) this.#ensureExtra().messageSinceMs = never;
    this.#silenceState = (this.#silenceState & ~ownTimeout) | noRead;
    if (this.#silenceStoppedAtMs === never) this.#silenceStoppedAtMs = this.#silentSinceMs;
  }

  /** A read failed or was cancelled; a message that has begun stays incomplete. */
  readFailed(): void {
    this.#silenceState |= noRead;
    this.#updateSilence();
    if ((this.#silenceState & ownTimeout) !== 0) this.#dropOwnTimeout();
  }

  /** Sets whether input is held back, by a pause or a throttle: the silence does not count then. */
  holdBack(isHeldBack: boolean): void {
    this.#silenceState = isHeldBack ? this.#silenceState | heldBack : this.#silenceState & ~heldBack;
    this.#updateSilence();
  }

  // ── HeapTimer ──

  reached(nowMs: number): number {
    this.#noticeProgress(nowMs);
    const next = this.#next();
    const dueMs = next?.dueMs(this) ?? Infinity;
    if (dueMs > nowMs) return dueMs;
    next?.fire(this);
    // Every entry closes the wire, so no further timeout can follow.
    return Infinity;
  }

  // ── inside ──

  #ensureExtra(): ExtraTimes {
    if (this.#extra === noTimes) this.#extra = { ...noTimes };
    return this.#extra;
  }

  /** Rounded up, so that no timeout fires early. */
  #now(): number {
    return Math.ceil(this.#connection.settings.clock.now());
  }

  /** The entry that fires first, if any applies. */
  #next(): TimeoutEntry | undefined {
    let next: TimeoutEntry | undefined;
    let nextMs = Infinity;
    for (const entry of ConnectionTimeouts.#entriesOf(this.#connection)) {
      const dueMs = entry.dueMs(this);
      if (dueMs >= nextMs) continue;
      next = entry;
      nextMs = dueMs;
    }
    return next;
  }

  #schedule(): void {
    const dueMs = this.#next()?.dueMs(this) ?? Infinity;
    if (dueMs !== Infinity) this.#connection.timers.noLaterThan(this, dueMs);
  }

  /** A read with its own timeout does not count against the default values, which start again. */
  #dropOwnTimeout(): void {
    this.#silenceState &= ~ownTimeout;
    const stoppedAtMs = this.#silenceStoppedAtMs;
    if (stoppedAtMs === never) return;
    const { firstByteTimeoutMs, idleTimeoutMs, messageTimeoutMs } = this.#connection.settings.givenTimeouts;
    const silenceTimeoutMs = this.#connection.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs;
    if (silenceTimeoutMs === Infinity) this.#silentSinceMs = stoppedAtMs;
    if (messageTimeoutMs === Infinity && this.#extra.messageSinceMs !== never)
      this.#ensureExtra().messageSinceMs = stoppedAtMs;
  }

  /** Stops or restarts the count of the peer's silence; the time between does not count. */
  #updateSilence(): void {
    const counts = (this.#silenceState & ~ownTimeout) === 0;
    const stoppedAtMs = this.#silenceStoppedAtMs;
    if (counts === (stoppedAtMs === never)) return;
    const now = this.#now();
    if (!counts) {
      this.#silenceStoppedAtMs = now;
      return;
    }
    this.#silenceStoppedAtMs = never;
    // Silence counted before the stop still counts.
    this.#silentSinceMs = now - Math.max(0, stoppedAtMs - this.#silentSinceMs);
    const extra = this.#extra;
    if (extra.messageSinceMs !== never) {
      extra.messageSinceMs = now - Math.max(0, stoppedAtMs - extra.messageSinceMs);
    }
    // Inactivity starts again: unread input may have been all that could move.
    if (extra.activeAtMs !== never) extra.activeAtMs = now;
    this.#connection.timers.noLaterThan(this, Math.min(this.#silenceMs(), this.#inactivityMs()));
    if (extra.messageSinceMs !== never) this.#schedule();
  }

  /** A peer that reads slowly does not stall. Checked only when the timeout would fire. */
  #noticeProgress(nowMs: number): void {
    const { wireBytes } = this.#connection;
    const extra = this.#extra;
    if (extra.stalledSinceMs === never || wireBytes >= extra.stalledBytes) return;
    extra.stalledBytes = wireBytes;
    extra.stalledSinceMs = Math.ceil(nowMs);
    this.sent();
  }

  // ── when each entry fires ──

  #writeStallMs(): number {
    return after(this.#extra.stalledSinceMs, this.#connection.settings.writeStallTimeoutMs);
  }

  /** After the last input, only bytes that the peer does not accept count: we may have nothing to send. */
  #inactivityMs(): number {
    const { peerHasEnded, isDiscarding } = this.#connection;
    const counts =
      peerHasEnded || isDiscarding
        ? this.#extra.stalledSinceMs !== never
        : this.#silenceStoppedAtMs === never;
    return counts ? after(this.#extra.activeAtMs, this.#connection.settings.inactivityTimeoutMs) : Infinity;
  }

  #lingerMs(): number {
    return after(this.#extra.lingerSinceMs, this.#connection.settings.lingerTimeoutMs);
  }

  #silenceMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#readTimeouts();
    const timeoutMs = this.#connection.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs;
    return after(this.#silentSinceMs, timeoutMs);
  }

  #messageMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    return after(this.#extra.messageSinceMs, this.#readTimeouts().messageTimeoutMs);
  }

  #halfCloseMs(): number {
    const { peerHasEnded, weHaveEnded } = this.#connection;
    return peerHasEnded === weHaveEnded
      ? Infinity
      : after(this.#extra.movedAtMs, this.#connection.settings.halfCloseTimeoutMs);
  }

  #silenceCounts(): boolean {
    return this.#silenceStoppedAtMs === never && !this.#connection.peerHasEnded;
  }

  /** The timeouts of the current read: a default does not apply to a read with its own timeout. */
  #readTimeouts(): ReadTimeouts {
    return (this.#silenceState & ownTimeout) !== 0
      ? this.#connection.settings.givenTimeouts
      : this.#connection.settings;
  }

  // ── what each entry does ──

  #writeStalled(): void {
    const { pendingBytes, settings } = this.#connection;
    const happened = `the peer accepted none of ${pendingBytes} bytes in ${settings.writeStallTimeoutMs} ms`;
    this.#connection.timeOut("ERR_WRITE_STALL_TIMEOUT", happened, "writeStallTimeoutMs", "abort");
  }

  #inactive(): void {
    const ms = this.#connection.settings.inactivityTimeoutMs;
    const { pendingBytes } = this.#connection;
    const unsent = pendingBytes === 0 ? "" : `, and the peer has not accepted ${pendingBytes} bytes`;
    const happened = `nothing was sent or received for ${ms} ms${unsent}`;
    const how = pendingBytes === 0 ? "close" : "abort";
    this.#connection.timeOut("ERR_IDLE_TIMEOUT", happened, "inactivityTimeoutMs", how);
  }

  #silent(): void {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#connection.settings;
    if (this.#connection.bytesReceived === 0) {
      const happened = `the peer sent nothing in its first ${firstByteTimeoutMs} ms`;
      this.#connection.timeOut("ERR_FIRST_BYTE_TIMEOUT", happened, "firstByteTimeoutMs", "close");
    } else {
      const happened = `the peer was silent for ${idleTimeoutMs} ms`;
      this.#connection.timeOut("ERR_IDLE_TIMEOUT", happened, "idleTimeoutMs", "close");
    }
  }

  #messageLate(): void {
    const happened = `a message was incomplete after ${this.#connection.settings.messageTimeoutMs} ms`;
    this.#connection.timeOut("ERR_MESSAGE_TIMEOUT", happened, "messageTimeoutMs", "close");
  }

  #halfClosed(): void {
    const ms = this.#connection.settings.halfCloseTimeoutMs;
    const happened = `one direction has ended and nothing moved in the other for ${ms} ms`;
    this.#connection.timeOut("ERR_HALF_CLOSE_TIMEOUT", happened, "halfCloseTimeoutMs", "close");
  }
}

function after(sinceMs: number, timeoutMs: number): number {
  return sinceMs === never ? Infinity : sinceMs + timeoutMs;
}
