/** A pseudorandom generator: every random choice of a run comes from its seed, and can be repeated. */

/** The same numbers for the same seed. */
export interface Prng {
  /** A whole number of 32 bits, unsigned. */
  bits(): number;
  /** A whole number from 0 up to, and without, `below`. */
  below(below: number): number;
  oneOf<Item>(items: readonly Item[]): Item;
}

/** Mulberry32: small, fast, and good enough to choose test cases by. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  function bits(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  // By the high bits, and without a division: this is in the innermost loop of the codec checks.
  const below = (bound: number): number => Math.floor((bits() / 2 ** 32) * bound);
  return { bits, below, oneOf: (items) => items[below(items.length)] as (typeof items)[number] };
}

/** A seed for one part of a run, so that leaving another part out changes nothing for this one. */
export function seedFor(seed: number, part: string): number {
  let mixed = seed >>> 0;
  for (const character of part) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return mixed;
}
