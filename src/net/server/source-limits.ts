/**
 * How many connections each source holds, and how fast it opens more (F12).
 */
import { limits } from "../../base/limits.ts";
import type { ConnectionRate } from "../options/server-settings.ts";
import { TokenBucket } from "../timing/token-bucket.ts";

/** The connections that each source holds. */
export class HeldBySource {
  readonly #held = new Map<string, number>();

  of(source: string): number {
    return this.#held.get(source) ?? 0;
  }

  add(source: string): void {
    this.#held.set(source, this.of(source) + 1);
  }

  remove(source: string): void {
    const left = this.of(source) - 1;
    if (left > 0) this.#held.set(source, left);
    else this.#held.delete(source);
  }
}

/**
 * How fast each source opens connections.
 *
 * Only those are remembered who have opened one lately; and no more than `sourcesMax`
 * of them: of more, whoever was not seen for longest is forgotten, and may begin anew.
 */
export class RateBySource {
  readonly #rate: ConnectionRate;
  readonly #sourcesMax: number;
  /** In the order in which they were last seen. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: ConnectionRate, sourcesMax: number = limits.sourcesMax.value) {
    this.#rate = rate;
    this.#sourcesMax = sourcesMax;
  }

  /** How many are remembered. */
  get sources(): number {
    return this.#buckets.size;
  }

  /** Whether a source may open one more now; if so, it has. */
  take(source: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(source) ?? this.#bucket(nowMs);
    this.#buckets.delete(source);
    this.#forget(nowMs);
    this.#buckets.set(source, bucket);
    return bucket.take(1, nowMs) === 1;
  }

  #bucket(nowMs: number): TokenBucket {
    const { connections, perMs } = this.#rate;
    return new TokenBucket({ tokensPerMs: connections / perMs, tokensMax: connections }, nowMs);
  }

  /** Those who would be treated no differently if they came for the first time; and one, if there are too many. */
  #forget(nowMs: number): void {
    for (const [source, bucket] of this.#buckets) {
      if (!bucket.isFull(nowMs) && this.#buckets.size < this.#sourcesMax) return;
      this.#buckets.delete(source);
    }
  }
}
