/**
 * Chance that can be repeated: what a seed gives once, it gives again.
 */

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 up to `max`, which is among them. */
  upTo(max: number): number {
    // Mulberry32, public domain: 32 bits of state are plenty for streams of forty bytes.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (max + 1));
  }

  /** One of them. */
  oneOf<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.upTo(choices.length - 1)] as Choice;
  }

  /** Up to `max` of what `make` makes. */
  some<Made>(max: number, make: () => Made): Made[] {
    return Array.from({ length: this.upTo(max) }, make);
  }
}

/** Runs a property many times. @throws {Error} that names the seed with which it fails, by itself, at once. */
export function forAny(seed: number, runs: number, property: (chance: Chance) => void): void {
  for (let run = 0; run < runs; run++) {
    try {
      property(new Chance(seed + run));
    } catch (error) {
      throw new Error(`with seed ${seed + run}: ${(error as Error).message}`, { cause: error });
    }
  }
}
