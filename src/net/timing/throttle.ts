/**
 * A limited rate of bytes: how many may pass now, and a timer for when more may.
 *
 * The write queue uses one for sending, and `ReceiveThrottle` one for receiving. Both ask how many bytes
 * may pass, and are called when they should ask again.
 */
import { shown } from "../../base/arguments.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Rates of one connection, per direction. An omitted rate does not change; `Infinity` removes a limit. */
export interface RateLimits {
  /** Rate of sending, above 0. `Infinity` removes the limit. */
  readonly sendBytesPerSecond?: number | undefined;
  /** Rate of receiving, above 0. `Infinity` removes the limit. */
  readonly receiveBytesPerSecond?: number | undefined;
}

/** Interval between slices: short enough for an even stream. Very low rates send single bytes. */
const sliceMs = 20;
/** How much time a late timer or an idle sender may make up for at once. */
const burstMs = 100;

export class Throttle {
  readonly #clock: Clock;
  readonly #more: () => void;
  readonly #bucket: TokenBucket;
  readonly #sliceBytes: number;
  #timer: Timer | undefined;

  /** @param more called when bytes may pass that could not before. */
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

  /** How many of `wanted` bytes may pass now. If fewer than wanted, `more` is called later, unless the rest is granted first. */
  grant(wanted: number): number {
    const now = this.#clock.now();
    const granted = this.#bucket.take(wanted, now);
    if (granted < wanted) this.#waitFor(Math.min(wanted - granted, this.#sliceBytes), now);
    else this.stop();
    return granted;
  }

  /** Cancels the pending call of `more`. */
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
    // Keeps the process alive: a paused socket does not, and bytes held here must not be lost.
    this.#timer = this.#clock.after(delayMs, fire, true);
  }
}

/** @throws {TypeError} unless it is omitted, a number above 0, or `Infinity`. */
export function bytesPerSecondOf(name: keyof RateLimits, rates: RateLimits): number | undefined {
  const value = rates[name];
  if (value === undefined || (typeof value === "number" && value > 0)) return value;
  throw new TypeError(`${name}: ${shown(value)} is not a number of bytes above 0, or Infinity`);
}
