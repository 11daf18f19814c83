/** A pseudorandom generator: every random choice of a run comes from its seed, and can be repeated. */
import { RandomSource } from "../src/testing/prng.ts";

/** The same numbers for the same seed. */
export interface Prng {
  /** A whole number of 32 bits, unsigned. */
  bits(): number;
  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number;
  oneOf<Item>(items: readonly Item[]): Item;
}

export function createPrng(seed: number): Prng {
  const source = new RandomSource(seed);
  return {
    bits: () => source.upTo(2 ** 32 - 1),
    below: (bound) => source.upTo(bound - 1),
    oneOf: (items) => source.oneOf(items),
  };
}

/** A seed for one part of a run, so that leaving another part out changes nothing for this one. */
export function seedFor(seed: number, part: string): number {
  let mixed = seed >>> 0;
  for (const character of part) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return mixed;
}
