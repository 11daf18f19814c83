/**
 * Decides which datagrams get a reply, and its maximum length.
 *
 * Anyone can forge the source address of a datagram. A service that answers everything can therefore
 * be made to exchange datagrams with another service without end (echo to echo), or to flood a third
 * party (F82, CVE-2024-2169). So services on privileged ports get no reply. A reply is limited in
 * length by its request, and in rate by its source.
 */
import type { UdpAddress } from "../base/address/address.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { sourceOf } from "../base/address/source.ts";

/** Why a datagram gets no reply. */
export type Unanswered = "port" | "rate" | "length";

/** IP and UDP headers of a small datagram; they count towards the amplification limit. */
const headerBytes = 28;

/** Maximum ratio of reply to request, as QUIC uses for an unvalidated peer (RFC 9000, section 8). */
const amplificationMax = 3;

/** Services use the ports below it; clients do not. */
const firstClientPort = 1024;

/** Replies that a source may receive at once, before its rate applies. */
const burst = 100;

/** Maximum number of sources examined to find one that can be evicted. */
const examinedMax = 16;

/** Maximum length of the reply to a request of `questionBytes`. */
export function answerBytesMax(questionBytes: number): number {
  return amplificationMax * (questionBytes + headerBytes) - headerBytes;
}

export class AnswerGuard {
  readonly #clock: Clock;
  readonly #ownPort: number;
  readonly #intervalMs: number;
  /** The time at which each source's allowance is full again. */
  readonly #paidUntilMs = new Map<string, number>();

  constructor(clock: Clock, ownPort: number, answersPerSecond: number) {
    this.#clock = clock;
    this.#ownPort = ownPort;
    this.#intervalMs = 1_000 / answersPerSecond;
  }

  /** Why this source gets no reply, or `undefined` if it gets one, which then counts. */
  refuses(from: UdpAddress): Exclude<Unanswered, "length"> | undefined {
    // Another instance of this service probably uses the same port.
    if (from.port < firstClientPort || from.port === this.#ownPort) return "port";
    const now = this.#clock.now();
    const source = sourceOf(from) as string;
    const paidUntilMs = Math.max(this.#paidUntilMs.get(source) ?? now, now) + this.#intervalMs;
    if (paidUntilMs - now > burst * this.#intervalMs) return "rate";
    this.#paidUntilMs.delete(source);
    if (this.#paidUntilMs.size === limits.sourcesMax.value && !this.#evictOne(now)) return "rate";
    this.#paidUntilMs.set(source, paidUntilMs);
    return undefined;
  }

  /**
   * Evicts a source with a full allowance. With many forged sources there may be none. Examined sources
   * that stay move to the end, so that a few busy ones do not block the search.
   */
  #evictOne(nowMs: number): boolean {
    let examined = 0;
    for (const [source, paidUntilMs] of this.#paidUntilMs) {
      this.#paidUntilMs.delete(source);
      if (paidUntilMs <= nowMs) return true;
      this.#paidUntilMs.set(source, paidUntilMs);
      if (++examined === examinedMax) return false;
    }
    return false;
  }
}
