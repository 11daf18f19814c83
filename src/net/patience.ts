/**
 * How long one connection waits, and for what.
 *
 * Each deadline begins with something that happened: the peer's last byte, the first
 * byte of a message, a full queue, the end of one direction, our last word. The times
 * of these are kept here, in whole milliseconds, which are small integers to V8 and cost a
 * connection no memory beyond their field; which deadline is due first is looked up when it is asked for.
 */
import type { ErrorCode } from "../base/errors.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { ConnectionSettings } from "./settings.ts";

/** The connection that waits. */
export interface Waiting {
  readonly settings: ConnectionSettings;
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
  /** Lets go of a wire whose ending is already decided. */
  letGo(): void;
}

/** Of a time that has not come. */
const never = -1;

export class Patience implements Deadline {
  // Kept by Deadlines.
  slot: number = -1;
  askAtMs: number = 0;

  readonly #connection: Waiting;
  readonly #deadlines: Deadlines;
  #awaited = true;
  #heldBack = false;
  /** The peer's last byte, or when its silence began to count. */
  #quietSinceMs: number;
  /** When its silence stopped to count, because nobody waits for it, or something holds it back. */
  #silenceStoppedAtMs: number = never;
  #messageSinceMs: number = never;
  #stalledSinceMs: number = never;
  /** What the wire had pending then. */
  #stalledBytes = 0;
  /** When anything last moved in the direction that is still open. */
  #movedAtMs: number = never;
  #lingerSinceMs: number = never;
  /** When anything last moved in either direction; `never` unless `inactivityTimeoutMs` is set. */
  #activeAtMs: number = never;

  constructor(connection: Waiting, deadlines: Deadlines) {
    this.#connection = connection;
    this.#deadlines = deadlines;
    this.#quietSinceMs = this.#now();
  }

  /** From now on the deadlines are kept. */
  begin(): void {
    if (this.#settings.inactivityTimeoutMs !== Infinity) this.#activeAtMs = this.#now();
    this.#schedule();
  }

  /** It is over: none will be reached. */
  end(): void {
    this.#deadlines.remove(this);
  }

  /** Bytes came. */
  heard(): void {
    this.#quietSinceMs = this.#now();
    if (this.#movedAtMs !== never) this.#movedAtMs = this.#quietSinceMs;
    if (this.#activeAtMs !== never) this.#activeAtMs = this.#quietSinceMs;
  }

  /** Some of what we send was taken. */
  moved(): void {
    if (this.#movedAtMs !== never) this.#movedAtMs = this.#now();
    if (this.#activeAtMs !== never) this.#activeAtMs = this.#now();
  }

  /** One direction has ended, or the other one too. */
  directionEnded(): void {
    this.#movedAtMs = this.#now();
    this.#schedule();
  }

  /** What comes is discarded from now on: only what the peer takes of our bytes counts. */
  closing(): void {
    if (this.#activeAtMs !== never) this.#schedule();
  }

  /** Says whether somebody waits for the peer: only then does its silence count. */
  awaitPeer(awaited: boolean): void {
    this.#awaited = awaited;
    this.#countSilence();
  }

  /** Whoever waited has got it from the bytes that have just come: no need to ask what time it is. */
  answered(): void {
    this.#awaited = false;
    if (this.#silenceStoppedAtMs === never) this.#silenceStoppedAtMs = this.#quietSinceMs;
  }

  /** Says whether the peer is made to wait: then its silence does not count either. */
  holdBack(heldBack: boolean): void {
    this.#heldBack = heldBack;
    this.#countSilence();
  }

  /** The first bytes of a message are here and its last are not. */
  messageBegan(): void {
    if (this.#messageSinceMs !== never) return;
    this.#messageSinceMs = this.#now();
    this.#deadlines.noLaterThan(this, this.#messageSinceMs + this.#settings.messageTimeoutMs);
  }

  /** No message is under way. */
  messageEnded(): void {
    this.#messageSinceMs = never;
  }

  /** Something waits to be sent, and the wire is full. */
  stalled(): void {
    if (this.#stalledSinceMs !== never) return;
    this.#stalledSinceMs = this.#now();
    this.#stalledBytes = this.#connection.wireBytes;
    this.#deadlines.noLaterThan(this, Math.min(this.#stallMs(), this.#inactiveMs()));
  }

  /** The wire is not full any more. */
  drained(): void {
    this.#stalledSinceMs = never;
  }

  /** Our last words are sent: the peer is given time to read them. */
  linger(): void {
    if (this.#lingerSinceMs !== never) return;
    this.#lingerSinceMs = this.#now();
    this.#schedule();
  }

  get lingering(): boolean {
    return this.#lingerSinceMs !== never;
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

  get #settings(): ConnectionSettings {
    return this.#connection.settings;
  }

  /** Upward, so that no deadline is reached too early. */
  #now(): number {
    return Math.ceil(this.#settings.clock.now());
  }

  #schedule(): void {
    const dueMs = this.#earliestMs();
    if (dueMs !== Infinity) this.#deadlines.noLaterThan(this, dueMs);
  }

  /** Stops or starts the clock of the peer's silence, leaving out the time between. */
  #countSilence(): void {
    const counts = this.#awaited && !this.#heldBack;
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
    if (this.#messageSinceMs !== never) {
      this.#messageSinceMs = now - Math.max(0, stoppedAtMs - this.#messageSinceMs);
    }
    // The time without a reader is left out as a whole: what was unread may have been all that could move.
    if (this.#activeAtMs !== never) this.#activeAtMs = now;
    this.#deadlines.noLaterThan(this, Math.min(this.#quietMs(), this.#inactiveMs()));
    if (this.#messageSinceMs !== never) this.#schedule();
  }

  /** A peer that takes little at a time does not stall; that is looked at when it would be too late. */
  #noticeProgress(nowMs: number): void {
    const { wireBytes } = this.#connection;
    if (this.#stalledSinceMs === never || wireBytes >= this.#stalledBytes) return;
    this.#stalledBytes = wireBytes;
    this.#stalledSinceMs = Math.ceil(nowMs);
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
    return after(this.#stalledSinceMs, this.#settings.writeStallTimeoutMs);
  }

  #lingerMs(): number {
    return after(this.#lingerSinceMs, this.#settings.lingerTimeoutMs);
  }

  #quietMs(): number {
    if (!this.#silenceCounts()) return Infinity;
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#settings;
    return after(
      this.#quietSinceMs,
      this.#connection.bytesReceived === 0 ? firstByteTimeoutMs : idleTimeoutMs,
    );
  }

  /** Once nothing is read any more, only bytes that the peer does not take are inactivity: we may have nothing to send. */
  #inactiveMs(): number {
    const { peerHasEnded, isDiscarding } = this.#connection;
    const counts =
      peerHasEnded || isDiscarding ? this.#stalledSinceMs !== never : this.#silenceStoppedAtMs === never;
    return counts ? after(this.#activeAtMs, this.#settings.inactivityTimeoutMs) : Infinity;
  }

  #messageMs(): number {
    return this.#silenceCounts() ? after(this.#messageSinceMs, this.#settings.messageTimeoutMs) : Infinity;
  }

  #silenceCounts(): boolean {
    return this.#silenceStoppedAtMs === never && !this.#connection.peerHasEnded;
  }

  #halfCloseMs(): number {
    const { peerHasEnded, weHaveEnded } = this.#connection;
    return peerHasEnded === weHaveEnded
      ? Infinity
      : after(this.#movedAtMs, this.#settings.halfCloseTimeoutMs);
  }

  #act(dueMs: number): void {
    const connection = this.#connection;
    const settings = this.#settings;
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
    const ms = this.#settings.inactivityTimeoutMs;
    const { pendingBytes } = this.#connection;
    const unsent = pendingBytes === 0 ? "" : `, and the peer has not taken ${pendingBytes} bytes`;
    const happened = `nothing was sent or received for ${ms} ms${unsent}`;
    const how = pendingBytes === 0 ? "close" : "abort";
    this.#connection.timeOut("ERR_IDLE_TIMEOUT", happened, "inactivityTimeoutMs", how);
  }

  #quietTooLong(): void {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#settings;
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
