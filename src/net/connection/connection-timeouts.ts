/**
 * The timeouts of one connection, as named entries.
 *
 * Each entry counts from something that happened: the last byte received, the first byte of a message, a
 * full queue, the end of one direction, our FIN. Those times are kept here in whole milliseconds, which V8
 * stores without extra memory. Which entry is due first is computed on demand.
 *
 * The connection extends this class: an object for the timeouts alone costs 40 bytes more per connection.
 */
import type { ErrorCode } from "../../base/errors.ts";
import type { HeapTimer, TimerHeap } from "../timing/timer-heap.ts";
import type { ConnectionSettings, ReadTimeouts } from "./settings.ts";

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

export abstract class ConnectionTimeouts implements HeapTimer {
  static readonly #entries = {
    writeStall: { dueMs: (of) => of.#writeStallMs(), fire: (of) => of.#writeStalled() },
    inactivity: { dueMs: (of) => of.#inactivityMs(), fire: (of) => of.#inactive() },
    linger: { dueMs: (of) => of.#lingerMs(), fire: (of) => of.closeWire() },
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

  static #entriesOf({ isDiscarding }: ConnectionTimeouts): readonly TimeoutEntry[] {
    return isDiscarding ? this.#whileClosing : this.#whileOpen;
  }

  // Maintained by `TimerHeap`.
  slot: number = -1;
  askAtMs: number = 0;

  /** Why the silence does not count; 0 while it does. */
  #silenceState = 0;
  /** The last byte received, or the time at which the silence began to count. */
  #silentSinceMs: number;
  /** The time at which the silence stopped counting, `never` while it counts. */
  #silenceStoppedAtMs: number = never;
  /** Allocated on demand; `noTimes` until then, which is never written to. */
  #extra: ExtraTimes = noTimes;

  constructor(openedAtMs: number) {
    this.#silentSinceMs = Math.ceil(openedAtMs);
  }

  // ── the connection ──

  abstract readonly settings: ConnectionSettings;
  abstract readonly bytesReceived: number;
  /** Bytes written that the kernel has not accepted yet. */
  abstract readonly pendingBytes: number;
  protected abstract readonly timers: TimerHeap;
  /** Those of the pending bytes that the wire holds. */
  protected abstract readonly wireBytes: number;
  protected abstract readonly peerHasEnded: boolean;
  /** Our FIN is sent. */
  protected abstract readonly weHaveEnded: boolean;
  /** Closing: input is discarded. */
  protected abstract readonly isDiscarding: boolean;
  /** Closes the connection because of a timeout. */
  protected abstract timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void;
  /** Closes the wire of a connection whose close cause is decided. */
  protected abstract closeWire(): void;

  protected startTimeouts(): void {
    if (this.settings.inactivityTimeoutMs !== Infinity) {
      this.#ensureExtra().activeAtMs = this.#now();
    }
    this.#schedule();
  }

  /** Stops the timeouts: the connection has closed. */
  protected stopTimeouts(): void {
    this.timers.remove(this);
  }

  // ── progress ──

  /** Bytes were received. */
  protected noteReceived(): void {
    const now = this.#now();
    this.#silentSinceMs = now;
    const extra = this.#extra;
    if (extra === noTimes) return;
    if (extra.movedAtMs !== never) extra.movedAtMs = now;
    if (extra.activeAtMs !== never) extra.activeAtMs = now;
  }

  /** The kernel or the peer accepted some of the bytes written. */
  protected noteSent(): void {
    const extra = this.#extra;
    if (extra === noTimes) return;
    if (extra.movedAtMs !== never) extra.movedAtMs = this.#now();
    if (extra.activeAtMs !== never) extra.activeAtMs = this.#now();
  }

  /** Bytes are queued for sending, and the wire is full. */
  protected noteStalled(): void {
    if (this.#extra.stalledSinceMs !== never) return;
    const extra = this.#ensureExtra();
    extra.stalledSinceMs = this.#now();
    extra.stalledBytes = this.wireBytes;
    this.timers.noLaterThan(this, Math.min(this.#writeStallMs(), this.#inactivityMs()));
  }

  /** The wire is no longer full. */
  protected noteDrained(): void {
    if (this.#extra.stalledSinceMs !== never) this.#ensureExtra().stalledSinceMs = never;
  }

  /** One direction has ended, or both. */
  protected noteDirectionEnd(): void {
    this.#ensureExtra().movedAtMs = this.#now();
    this.#schedule();
  }

  /** Input is discarded from now on, so only sent bytes count as activity. */
  protected noteClosing(): void {
    if (this.#extra.activeAtMs !== never) this.#schedule();
  }

  /** Our FIN is sent: the peer gets time to read everything. */
  protected noteLinger(): void {
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
    this.timers.noLaterThan(this, now + this.settings.messageTimeoutMs);
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
  protected noteHeldBack(isHeldBack: boolean): void {
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
    return Math.ceil(this.settings.clock.now());
  }

  /** The entry that fires first, if any applies. */
  #next(): TimeoutEntry | undefined {
    let next: TimeoutEntry | undefined;
    let nextMs = Infinity;
    for (const entry of ConnectionTimeouts.#entriesOf(this)) {
      const dueMs = entry.dueMs(this);
      if (dueMs >= nextMs) continue;
      next = entry;
      nextMs = dueMs;
    }
    return next;
  }

  #schedule(): void {
    const dueMs = this.#next()?.dueMs(this) ?? Infinity;
    if (dueMs !== Infinity) this.timers.noLaterThan(this, dueMs);
  }

  /** A read with its own timeout does not count against the default values, which start again. */
  #dropOwnTimeout(): void {
    this.#silenceState &= ~ownTimeout;
    const stoppedAtMs = this.#silenceStoppedAtMs;
    if (stoppedAtMs === never) return;
    const { firstByteTimeoutMs, idleTimeoutMs, messageTimeoutMs } = this.settings.givenTimeouts;
    const silenceTimeoutMs = this.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs;
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
    this.timers.noLaterThan(this, Math.min(this.#silenceMs(), this.#inactivityMs()));
    if (extra.messageSinceMs !== never) this.#schedule();
  }

  /** A peer that reads slowly does not stall. Checked only when the timeout would fire. */
  #noticeProgress(nowMs: number): void {
    const { wireBytes } = this;
    const extra = this.#extra;
    if (extra.stalledSinceMs === never || wireBytes >= extra.stalledBytes) return;
    extra.stalledBytes = wireBytes;
    extra.stalledSinceMs = Math.ceil(nowMs);
    this.noteSent();
  }

  // ── when each entry fires ──

  #writeStallMs(): number {
    return after(this.#extra.stalledSinceMs, this.settings.writeStallTimeoutMs);
  }

  /** After the last input, only bytes that the peer does not accept count: we may have nothing to send. */
  #inactivityMs(): number {
    const { peerHasEnded, isDiscarding } = this;
    const counts =
      peerHasEnded || isDiscarding
        ? this.#extra.stalledSinceMs !== never
        : this.#silenceStoppedAtMs === never;
    return counts ? after(this.#extra.activeAtMs, this.settings.inactivityTimeoutMs) : Infinity;
  }

  #lingerMs(): number {
    return after(this.#extra.lingerSinceMs, this.settings.lingerTimeoutMs);
  }

  #silenceMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#readTimeouts();
    const timeoutMs = this.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs;
    return after(this.#silentSinceMs, timeoutMs);
  }

  #messageMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    return after(this.#extra.messageSinceMs, this.#readTimeouts().messageTimeoutMs);
  }

  #halfCloseMs(): number {
    const { peerHasEnded, weHaveEnded } = this;
    return peerHasEnded === weHaveEnded
      ? Infinity
      : after(this.#extra.movedAtMs, this.settings.halfCloseTimeoutMs);
  }

  #silenceCounts(): boolean {
    return this.#silenceStoppedAtMs === never && !this.peerHasEnded;
  }

  /** The timeouts of the current read: a default does not apply to a read with its own timeout. */
  #readTimeouts(): ReadTimeouts {
    return (this.#silenceState & ownTimeout) !== 0 ? this.settings.givenTimeouts : this.settings;
  }

  // ── what each entry does ──

  #writeStalled(): void {
    const { pendingBytes, settings } = this;
    const happened = `the peer accepted none of ${pendingBytes} bytes in ${settings.writeStallTimeoutMs} ms`;
    this.timeOut("ERR_WRITE_STALL_TIMEOUT", happened, "writeStallTimeoutMs", "abort");
  }

  #inactive(): void {
    const ms = this.settings.inactivityTimeoutMs;
    const { pendingBytes } = this;
    const unsent = pendingBytes === 0 ? "" : `, and the peer has not accepted ${pendingBytes} bytes`;
    const happened = `nothing was sent or received for ${ms} ms${unsent}`;
    const how = pendingBytes === 0 ? "close" : "abort";
    this.timeOut("ERR_IDLE_TIMEOUT", happened, "inactivityTimeoutMs", how);
  }

  #silent(): void {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.settings;
    // A read with its own timeout may wait for the first byte by idleTimeoutMs.
    const isFirstByte = this.#readTimeouts().firstByteTimeoutMs === firstByteTimeoutMs;
    if (this.bytesReceived === 0 && isFirstByte) {
      const happened = `the peer sent nothing in its first ${firstByteTimeoutMs} ms`;
      this.timeOut("ERR_FIRST_BYTE_TIMEOUT", happened, "firstByteTimeoutMs", "close");
    } else {
      const happened = `the peer was silent for ${idleTimeoutMs} ms`;
      this.timeOut("ERR_IDLE_TIMEOUT", happened, "idleTimeoutMs", "close");
    }
  }

  #messageLate(): void {
    const happened = `a message was incomplete after ${this.settings.messageTimeoutMs} ms`;
    this.timeOut("ERR_MESSAGE_TIMEOUT", happened, "messageTimeoutMs", "close");
  }

  #halfClosed(): void {
    const ms = this.settings.halfCloseTimeoutMs;
    const happened = `one direction has ended and nothing moved in the other for ${ms} ms`;
    this.timeOut("ERR_HALF_CLOSE_TIMEOUT", happened, "halfCloseTimeoutMs", "close");
  }
}

function after(sinceMs: number, timeoutMs: number): number {
  return sinceMs === never ? Infinity : sinceMs + timeoutMs;
}
