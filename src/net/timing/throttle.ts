/**
 * How fast bytes may pass: a rate, and the timer that says when more of them may.
 *
 * One pace is kept by the write queue for what is sent, one by the receiveThrottle for what is
 * received; both ask how much may pass now, and are called when it is worth asking again.
 */
import { shown } from "../../base/arguments.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Rates of one connection, each direction by itself. What is left out stays as it is; `Infinity` lifts it. */
export interface RateLimits {
  readonly sendBytesPerSecond?: number | undefined;
  readonly receiveBytesPerSecond?: number | undefined;
}

/** So often is enough for a stream that looks even; slower ones go byte by byte. */
const sliceMs = 20;
/** What a timer that is late, or a sender that had nothing to say, may make up for at once. */
const burstMs = 100;

export class Throttle {
  readonly #clock: Clock;
  readonly #more: () => void;
  readonly #bucket: TokenBucket;
  readonly #sliceBytes: number;
  #timer: Timer | undefined;

  /** @param more called when some bytes may pass that could not before. */
  constructor(bytesPerSecond: number, clock: Clock, more: () => void) {
    this.#clock = clock;
    this.#more = more;
    this.#sliceBytes = Math.max(1, Math.floor((bytesPerSecond * sliceMs) / 1000));
    const tokensMax = Math.max(2, (bytesPerSecond * burstMs) / 1000);
    this.#bucket = new TokenBucket(
      { tokensPerMs: bytesPerSecond / 1000, tokensMax, tokens: this.#sliceBytes },
      clock.now(),
    );
  }

  /** How many of `wanted` bytes may pass now. If that is not all of them, `more` will be called. */
  grant(wanted: number): number {
    const now = this.#clock.now();
    const granted = this.#bucket.take(wanted, now);
    if (granted < wanted) this.#waitFor(Math.min(wanted - granted, this.#sliceBytes), now);
    return granted;
  }

  /** Calls nobody any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #waitFor(count: number, nowMs: number): void {
    if (this.#timer !== undefined) return;
    const delayMs = Math.max(Math.ceil(this.#bucket.waitMs(count, nowMs)), 1);
    const fire = (): void => {
      this.#timer = undefined;
      this.#more();
    };
    // A socket that is not read keeps no process alive, and what waits here is not to be lost.
    this.#timer = this.#clock.after(delayMs, fire, true);
  }
}

/** @throws {TypeError} unless it is left out, a number above 0, or `Infinity`. */
export function bytesPerSecondOf(name: keyof RateLimits, rates: RateLimits): number | undefined {
  const value = rates[name];
  if (value === undefined || (typeof value === "number" && value > 0)) return value;
  throw new TypeError(`${name}: ${shown(value)} is not a number of bytes above 0, or Infinity`);
}
