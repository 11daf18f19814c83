/**
 * A rate as arithmetic: a bucket that fills with tokens as time passes, and gives them out.
 *
 * Its size says how much may happen at once after a quiet time. It knows no clock; whoever
 * asks says what time it is.
 */

/** How a bucket fills. */
export interface BucketParts {
  readonly tokensPerMs: number;
  /** Tokens that it holds; those that come beyond are lost. */
  readonly tokensMax: number;
  /** Tokens in it at first; full unless given. */
  readonly tokens?: number | undefined;
}

/** What arithmetic on parts of a token may lose. */
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

  /** Gives out as many whole tokens of `wanted` as there are. */
  take(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    const given = Math.min(wanted, Math.floor(this.#tokens + tolerance));
    this.#tokens = Math.max(this.#tokens - given, 0);
    return given;
  }

  /** Milliseconds until `wanted` tokens are there, or the bucket is full. */
  waitMs(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    return Math.max(Math.min(wanted, this.#tokensMax) - this.#tokens, 0) / this.#tokensPerMs;
  }

  /** Whether nothing is lacking: a bucket that is new would be no different. */
  isFull(nowMs: number): boolean {
    return this.waitMs(this.#tokensMax, nowMs) === 0;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(nowMs - this.#filledAtMs, 0);
    this.#tokens = Math.min(this.#tokens + passedMs * this.#tokensPerMs, this.#tokensMax);
    this.#filledAtMs = nowMs;
  }
}
