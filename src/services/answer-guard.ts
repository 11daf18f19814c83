/**
 * Who gets an answer to a datagram, and how long one.
 *
 * Anybody can put another's address on a datagram. A service that answers everything
 * can so be made to talk to another service without end (echo to echo), or to flood
 * somebody who never asked (F82, CVE-2024-2169). So nobody is answered at a port where
 * services live, none gets more than it asked for, and none more often than it could use.
 */
import type { UdpAddress } from "../base/address/address.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { sourceOf } from "../base/address/source.ts";

/** Why a datagram is not answered. */
export type Unanswered = "port" | "rate" | "length";

/** IP and UDP headers of a small datagram; a flood is measured with them. */
const headerBytes = 28;

/** As many times what came may be sent back; the same as QUIC allows before it knows its peer (RFC 9000, section 8). */
const amplificationMax = 3;

/** Ports below it are where services live, and no client of theirs. */
const firstClientPort = 1024;

/** Answers that a source may have at once, before its rate counts. */
const burst = 100;

/** Sources that are looked at for one that need not be remembered any more. */
const lookedAtMax = 16;

/** The longest answer to a question of so many bytes. */
export function answerBytesMax(questionBytes: number): number {
  return amplificationMax * (questionBytes + headerBytes) - headerBytes;
}

export class AnswerGuard {
  readonly #clock: Clock;
  readonly #ownPort: number;
  readonly #intervalMs: number;
  /** When each source will have used up what it had. */
  readonly #paidUntilMs = new Map<string, number>();

  constructor(clock: Clock, ownPort: number, answersPerSecond: number) {
    this.#clock = clock;
    this.#ownPort = ownPort;
    this.#intervalMs = 1_000 / answersPerSecond;
  }

  /** Why this source gets no answer; `undefined` if it gets one, which is counted. */
  refuses(from: UdpAddress): Exclude<Unanswered, "length"> | undefined {
    // Another of our own kind has, as like as not, our own port.
    if (from.port < firstClientPort || from.port === this.#ownPort) return "port";
    const now = this.#clock.now();
    const source = sourceOf(from) as string;
    const paidUntilMs = Math.max(this.#paidUntilMs.get(source) ?? now, now) + this.#intervalMs;
    if (paidUntilMs - now > burst * this.#intervalMs) return "rate";
    this.#paidUntilMs.delete(source);
    if (this.#paidUntilMs.size === limits.sourcesMax.value && !this.#forgetOne(now)) return "rate";
    this.#paidUntilMs.set(source, paidUntilMs);
    return undefined;
  }

  /**
   * Makes room by forgetting a source that owes nothing; of many forged ones, none may.
   * Those that are looked at and owe something are looked at last from then on, so that
   * a few who owe much stand in nobody's way.
   */
  #forgetOne(nowMs: number): boolean {
    let looked = 0;
    for (const [source, paidUntilMs] of this.#paidUntilMs) {
      this.#paidUntilMs.delete(source);
      if (paidUntilMs <= nowMs) return true;
      this.#paidUntilMs.set(source, paidUntilMs);
      if (++looked === lookedAtMax) return false;
    }
    return false;
  }
}
