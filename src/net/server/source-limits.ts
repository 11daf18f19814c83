/** Counts the connections of each source, and limits the rate at which it opens more (F12). */
import { limits } from "../../base/limits.ts";
import type { ConnectionRate } from "../options/server-settings.ts";
import { TokenBucket } from "../timing/token-bucket.ts";

/** Number of open connections per source. */
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
 * The rate at which each source opens connections.
 *
 * Remembers only sources that have opened one recently, at most `sourcesMax`. Beyond that, the least
 * recently seen source is evicted, and its rate starts again.
 */
export class RateBySource {
  readonly #rate: ConnectionRate;
  readonly #sourcesMax: number;
  /** In the order in which the sources were last seen. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: ConnectionRate, sourcesMax: number = limits.sourcesMax.value) {
    this.#rate = rate;
    this.#sourcesMax = sourcesMax;
  }

  /** Number of remembered sources. */
  get sources(): number {
    return this.#buckets.size;
  }

  /** Whether a source may open a connection now; if so, it counts. */
  take(source: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(source) ?? this.#bucket(nowMs);
    this.#buckets.delete(source);
    this.#evict(nowMs);
    this.#buckets.set(source, bucket);
    return bucket.take(1, nowMs) === 1;
  }

  #bucket(nowMs: number): TokenBucket {
    const { connections, perMs } = this.#rate;
    return new TokenBucket({ tokensPerMs: connections / perMs, tokensMax: connections }, nowMs);
  }

  /** Evicts sources with a full bucket, which equal new ones; and the oldest, if there are too many. */
  #evict(nowMs: number): void {
    for (const [source, bucket] of this.#buckets) {
      if (!bucket.isFull(nowMs) && this.#buckets.size < this.#sourcesMax) return;
      this.#buckets.delete(source);
    }
  }
}
