/**
 * How long one connection waits, and for what.
 *
 * Each deadline begins with something that happened: the peer's last byte, the first
 * byte of a message, a full queue, the end of one direction, our last word. The times
 * of these are kept here, in whole milliseconds, which are small integers to V8 and cost a
 * connection no memory beyond their field; which deadline is due first is looked up when it is asked for.
 */
import type { ErrorCode } from "../../base/errors.ts";
import type { HeapTimer, TimerHeap } from "../timing/timer-heap.ts";
import type { ConnectionSettings, ReadTimeouts } from "./settings.ts";

/** The connection that waits. */
export interface Waiting {
  readonly settings: ConnectionSettings;
  readonly deadlines: TimerHeap;
  readonly bytesReceived: number;
  /** Bytes written that the kernel has not taken. */
  readonly pendingBytes: number;
  /** Those of them that the wire holds. */
  readonly wireBytes: number;
  readonly peerHasEnded: boolean;
  /** Our FIN is sent. */
  readonly weHaveEnded: boolean;
  /** Closing: what comes is thrown away. */
  readonly isDiscarding: boolean;
  /** Ends because of a deadline. */
  timeOut(code: ErrorCode, happened: string, option: string, how: "close" | "abort"): void;
  /** Lets go of a wire whose `CloseInfo` is already decided. */
  letGo(): void;
}

/** Of a time that has not come. */
const never = -1;

/** Why the peer's silence does not count, as bits of one number. */
const unawaited = 1;
const heldBack = 2;

/** Of the same number: the read that waits has a time of its own. It stops nothing. */
const ownTime = 4;

/** Times of what most connections never come to while they are open. */
interface SeldomTimes {
  /** The first byte of a message that is not complete. */
  messageSinceMs: number;
  stalledSinceMs: number;
  /** What the wire had pending then. */
  stalledBytes: number;
  /** When anything last moved in the direction that is still open. */
  movedAtMs: number;
  lingerSinceMs: number;
  /** When anything last moved in either direction; `never` unless `inactivityTimeoutMs` is set. */
  activeAtMs: number;
}

/** Of a connection that has come to none of it. */
const noneOfThem: Readonly<SeldomTimes> = {
  messageSinceMs: never,
  stalledSinceMs: never,
  stalledBytes: 0,
  movedAtMs: never,
  lingerSinceMs: never,
  activeAtMs: never,
};

export class ConnectionTimeouts implements HeapTimer {
  // Kept by Deadlines.
  slot: number = -1;
  askAtMs: number = 0;

  readonly #connection: Waiting;
  /** Nothing, while the silence counts. */
  #silenceIs = 0;
  /** The peer's last byte, or when its silence began to count. */
  #quietSinceMs: number;
  /** When its silence stopped to count, because nobody waits for it, or something holds it back. */
  #silenceStoppedAtMs: number = never;
  /** Made when it is needed; until then `noneOfThem`, which is not written to. */
  #seldom: SeldomTimes = noneOfThem;

  constructor(connection: Waiting) {
    this.#connection = connection;
    this.#quietSinceMs = this.#now();
  }

  /** From now on the deadlines are kept. */
  begin(): void {
    if (this.#connection.settings.inactivityTimeoutMs !== Infinity) this.#own().activeAtMs = this.#now();
    this.#schedule();
  }

  /** It is over: none will be reached. */
  end(): void {
    this.#connection.deadlines.remove(this);
  }

  /** Bytes came. */
  heard(): void {
    const now = this.#now();
    this.#quietSinceMs = now;
    const seldom = this.#seldom;
    if (seldom === noneOfThem) return;
    if (seldom.movedAtMs !== never) seldom.movedAtMs = now;
    if (seldom.activeAtMs !== never) seldom.activeAtMs = now;
  }

  /** Some of what we send was taken. */
  moved(): void {
    const seldom = this.#seldom;
    if (seldom === noneOfThem) return;
    if (seldom.movedAtMs !== never) seldom.movedAtMs = this.#now();
    if (seldom.activeAtMs !== never) seldom.activeAtMs = this.#now();
  }

  /** One direction has ended, or the other one too. */
  directionEnded(): void {
    this.#own().movedAtMs = this.#now();
    this.#schedule();
  }

  /** What comes is discarded from now on: only what the peer takes of our bytes counts. */
  closing(): void {
    if (this.#seldom.activeAtMs !== never) this.#schedule();
  }

  /** The read that begins has a time of its own, until it ends. */
  readHasOwnTime(): void {
    this.#silenceIs |= ownTime;
  }

  /** Says whether somebody waits for the peer: only then does its silence count. */
  awaitPeer(awaited: boolean): void {
    this.#silenceIs = awaited ? this.#silenceIs & ~unawaited : this.#silenceIs | unawaited;
    this.#countSilence();
    if (!awaited && (this.#silenceIs & ownTime) !== 0) this.#forgetOwnTime();
  }

  /** Whoever waited has got it from the bytes that have just come: no need to ask what time it is. */
  answered(): void {
    this.#silenceIs = (this.#silenceIs & ~ownTime) | unawaited;
    if (this.#silenceStoppedAtMs === never) this.#silenceStoppedAtMs = this.#quietSinceMs;
  }

  /** Says whether the peer is made to wait: then its silence does not count either. */
  holdBack(isHeldBack: boolean): void {
    this.#silenceIs = isHeldBack ? this.#silenceIs | heldBack : this.#silenceIs & ~heldBack;
    this.#countSilence();
  }

  /** The first bytes of a message are here and its last are not. */
  messageBegan(): void {
    if (this.#seldom.messageSinceMs !== never) return;
    const now = this.#now();
    this.#own().messageSinceMs = now;
    this.#connection.deadlines.noLaterThan(this, now + this.#connection.settings.messageTimeoutMs);
  }

  /** No message is under way. */
  messageEnded(): void {
    if (this.#seldom.messageSinceMs !== never) this.#own().messageSinceMs = never;
  }

  /** Something waits to be sent, and the wire is full. */
  stalled(): void {
    if (this.#seldom.stalledSinceMs !== never) return;
    const seldom = this.#own();
    seldom.stalledSinceMs = this.#now();
    seldom.stalledBytes = this.#connection.wireBytes;
    this.#connection.deadlines.noLaterThan(this, Math.min(this.#stallMs(), this.#inactiveMs()));
  }

  /** The wire is not full any more. */
  drained(): void {
    if (this.#seldom.stalledSinceMs !== never) this.#own().stalledSinceMs = never;
  }

  /** Our last words are sent: the peer is given time to read them. */
  linger(): void {
    if (this.lingering) return;
    this.#own().lingerSinceMs = this.#now();
    this.#schedule();
  }

  get lingering(): boolean {
    return this.#seldom.lingerSinceMs !== never;
  }

  // ── Deadline ──

  reached(nowMs: number): number {
    this.#noticeProgress(nowMs);
    const dueMs = this.#earliestMs();
    if (dueMs > nowMs) return dueMs;
    // Whichever it is, it lets go of the wire: then there is only the wire's end to wait for.
    this.#act(dueMs);
    return Infinity;
  }

  // ── inside ──

  /** The times of this connection, to be written to. */
  #own(): SeldomTimes {
    if (this.#seldom === noneOfThem) this.#seldom = { ...noneOfThem };
    return this.#seldom;
  }

  /** How long the reader waits; a read with a time of its own is not cut short by a default. */
  #timeouts(): ReadTimeouts {
    return (this.#silenceIs & ownTime) !== 0
      ? this.#connection.settings.givenTimeouts
      : this.#connection.settings;
  }

  /** What a read with a time of its own has waited for does not count against the defaults, which begin anew. */
  #forgetOwnTime(): void {
    this.#silenceIs &= ~ownTime;
    const stoppedAtMs = this.#silenceStoppedAtMs;
    if (stoppedAtMs === never) return;
    const { firstByteTimeoutMs, idleTimeoutMs, messageTimeoutMs } = this.#connection.settings.givenTimeouts;
    const quietTimeoutMs = this.#connection.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs;
    if (quietTimeoutMs === Infinity) this.#quietSinceMs = stoppedAtMs;
    if (messageTimeoutMs === Infinity && this.#seldom.messageSinceMs !== never)
      this.#own().messageSinceMs = stoppedAtMs;
  }

  /** Upward, so that no deadline is reached too early. */
  #now(): number {
    return Math.ceil(this.#connection.settings.clock.now());
  }

  #schedule(): void {
    const dueMs = this.#earliestMs();
    if (dueMs !== Infinity) this.#connection.deadlines.noLaterThan(this, dueMs);
  }

  /** Stops or starts the clock of the peer's silence, leaving out the time between. */
  #countSilence(): void {
    const counts = (this.#silenceIs & ~ownTime) === 0;
    const stoppedAtMs = this.#silenceStoppedAtMs;
    if (counts === (stoppedAtMs === never)) return;
    const now = this.#now();
    if (!counts) {
      this.#silenceStoppedAtMs = now;
      return;
    }
    this.#silenceStoppedAtMs = never;
    // What had been waited for when it stopped, if anything, has been waited for still.
    this.#quietSinceMs = now - Math.max(0, stoppedAtMs - this.#quietSinceMs);
    const seldom = this.#seldom;
    if (seldom.messageSinceMs !== never) {
      seldom.messageSinceMs = now - Math.max(0, stoppedAtMs - seldom.messageSinceMs);
    }
    // The time without a reader is left out as a whole: what was unread may have been all that could move.
    if (seldom.activeAtMs !== never) seldom.activeAtMs = now;
    this.#connection.deadlines.noLaterThan(this, Math.min(this.#quietMs(), this.#inactiveMs()));
    if (seldom.messageSinceMs !== never) this.#schedule();
  }

  /** A peer that takes little at a time does not stall; that is looked at when it would be too late. */
  #noticeProgress(nowMs: number): void {
    const { wireBytes } = this.#connection;
    const seldom = this.#seldom;
    if (seldom.stalledSinceMs === never || wireBytes >= seldom.stalledBytes) return;
    seldom.stalledBytes = wireBytes;
    seldom.stalledSinceMs = Math.ceil(nowMs);
    this.moved();
  }

  #earliestMs(): number {
    const { isDiscarding } = this.#connection;
    if (isDiscarding) return Math.min(this.#stallMs(), this.#lingerMs(), this.#inactiveMs());
    return Math.min(
      this.#stallMs(),
      this.#quietMs(),
      this.#messageMs(),
      this.#halfCloseMs(),
      this.#inactiveMs(),
    );
  }

  #stallMs(): number {
    return after(this.#seldom.stalledSinceMs, this.#connection.settings.writeStallTimeoutMs);
  }

  #lingerMs(): number {
    return after(this.#seldom.lingerSinceMs, this.#connection.settings.lingerTimeoutMs);
  }

  #quietMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#timeouts();
    return after(
      this.#quietSinceMs,
      this.#connection.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs,
    );
  }

  /** Once nothing is read any more, only bytes that the peer does not take are inactivity: we may have nothing to send. */
  #inactiveMs(): number {
    const { peerHasEnded, isDiscarding } = this.#connection;
    const counts =
      peerHasEnded || isDiscarding
        ? this.#seldom.stalledSinceMs !== never
        : this.#silenceStoppedAtMs === never;
    return counts ? after(this.#seldom.activeAtMs, this.#connection.settings.inactivityTimeoutMs) : Infinity;
  }

  #messageMs(): number {
    return this.#silenceCounts()
      ? after(this.#seldom.messageSinceMs, this.#timeouts().messageTimeoutMs)
      : Infinity;
  }

  #silenceCounts(): boolean {
    return this.#silenceStoppedAtMs === never && !this.#connection.peerHasEnded;
  }

  #halfCloseMs(): number {
    const { peerHasEnded, weHaveEnded } = this.#connection;
    return peerHasEnded === weHaveEnded
      ? Infinity
      : after(this.#seldom.movedAtMs, this.#connection.settings.halfCloseTimeoutMs);
  }

  #act(dueMs: number): void {
    const connection = this.#connection;
    const settings = this.#connection.settings;
    if (this.#stallMs() === dueMs) {
      const ms = settings.writeStallTimeoutMs;
      const happened = `the peer took nothing of ${connection.pendingBytes} bytes in ${ms} ms`;
      connection.timeOut("ERR_WRITE_STALL_TIMEOUT", happened, "writeStallTimeoutMs", "abort");
    } else if (this.#inactiveMs() === dueMs) {
      this.#inactiveTooLong();
    } else if (connection.isDiscarding) {
      connection.letGo();
    } else if (this.#quietMs() === dueMs) {
      this.#quietTooLong();
    } else if (this.#messageMs() === dueMs) {
      const happened = `a message was begun and not finished in ${settings.messageTimeoutMs} ms`;
      connection.timeOut("ERR_MESSAGE_TIMEOUT", happened, "messageTimeoutMs", "close");
    } else {
      const ms = settings.halfCloseTimeoutMs;
      const happened = `one direction has ended and nothing moved in the other for ${ms} ms`;
      connection.timeOut("ERR_HALF_CLOSE_TIMEOUT", happened, "halfCloseTimeoutMs", "close");
    }
  }

  #inactiveTooLong(): void {
    const ms = this.#connection.settings.inactivityTimeoutMs;
    const { pendingBytes } = this.#connection;
    const unsent = pendingBytes === 0 ? "" : `, and the peer has not taken ${pendingBytes} bytes`;
    const happened = `nothing was sent or received for ${ms} ms${unsent}`;
    const how = pendingBytes === 0 ? "close" : "abort";
    this.#connection.timeOut("ERR_IDLE_TIMEOUT", happened, "inactivityTimeoutMs", how);
  }

  #quietTooLong(): void {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#connection.settings;
    if (this.#connection.bytesReceived === 0) {
      const happened = `the peer said nothing in its first ${firstByteTimeoutMs} ms`;
      this.#connection.timeOut("ERR_FIRST_BYTE_TIMEOUT", happened, "firstByteTimeoutMs", "close");
    } else {
      const happened = `the peer was silent for ${idleTimeoutMs} ms`;
      this.#connection.timeOut("ERR_IDLE_TIMEOUT", happened, "idleTimeoutMs", "close");
    }
  }
}

function after(sinceMs: number, timeoutMs: number): number {
  return sinceMs === never ? Infinity : sinceMs + timeoutMs;
}
