/** A pseudo-random number generator: the same seed gives the same sequence. */

export class RandomSource {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `max`, inclusive. */
  upTo(max: number): number {
    // Mulberry32, public domain: 32 bits of state are enough for streams of forty bytes.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (max + 1));
  }

  oneOf<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.upTo(choices.length - 1)] as Choice;
  }

  /** Up to `max` results of `make`. */
  some<Made>(max: number, make: () => Made): Made[] {
    return Array.from({ length: this.upTo(max) }, make);
  }
}

/** Runs a property many times. @throws {Error} with the seed that makes it fail in its first run. */
export function forAny(seed: number, runs: number, property: (prng: RandomSource) => void): void {
  for (let run = 0; run < runs; run++) {
    try {
      property(new RandomSource(seed + run));
    } catch (error) {
      throw new Error(`with seed ${seed + run}: ${(error as Error).message}`, { cause: error });
    }
  }
}
