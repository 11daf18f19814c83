/**
 * A token bucket: fills with tokens over time, and gives them out.
 *
 * Its size is the burst allowed after an idle period. It has no clock; the caller passes the time.
 */

export interface BucketParts {
  readonly tokensPerMs: number;
  /** Capacity; further tokens are lost. */
  readonly tokensMax: number;
  /** Initial number of tokens. Default: full. */
  readonly tokens?: number | undefined;
}

/** Rounding error of fractional tokens. */
const tolerance = 1e-6;

export class TokenBucket {
  readonly #tokensPerMs: number;
  readonly #tokensMax: number;
  #tokens: number;
  #filledAtMs: number;

  constructor({ tokensPerMs, tokensMax, tokens = tokensMax }: BucketParts, nowMs: number) {
    this.#tokensPerMs = tokensPerMs;
    this.#tokensMax = tokensMax;
    this.#tokens = tokens;
    this.#filledAtMs = nowMs;
  }

  /** Takes as many whole tokens as available, at most `wanted`. */
  take(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    const given = Math.min(wanted, Math.floor(this.#tokens + tolerance));
    this.#tokens = Math.max(this.#tokens - given, 0);
    return given;
  }

  /** Milliseconds until `wanted` tokens are available, or the bucket is full. */
  waitMs(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    return Math.max(Math.min(wanted, this.#tokensMax) - this.#tokens, 0) / this.#tokensPerMs;
  }

  /** Whether the bucket is full, and thus equal to a new one. */
  isFull(nowMs: number): boolean {
    return this.waitMs(this.#tokensMax, nowMs) === 0;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(nowMs - this.#filledAtMs, 0);
    this.#tokens = Math.min(this.#tokens + passedMs * this.#tokensPerMs, this.#tokensMax);
    this.#filledAtMs = nowMs;
  }
}
