/**
 * Keeps the process alive while something of a network in memory is open, as a socket of the system does.
 *
 * Otherwise a program that waits for a deadline on such a network ends before it: no timer of the library
 * keeps a process alive by itself.
 */

/** The longest that a timer counts. */
const timerMsMax = 0x7fffffff;

export class ProcessLife {
  readonly #keeps: boolean;
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param keeps `false` if what is open is no reason to live. */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** Something is open. */
  hold(): Hold {
    return new Hold((change) => {
      this.#count(change);
    });
  }

  #count(change: 1 | -1): void {
    this.#holders += change;
    if (this.#holders === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#keeps) {
      this.#timer ??= setInterval(() => undefined, timerMsMax);
    }
  }
}

/** One thing that is open, until it is released. */
export class Hold {
  readonly #changed: (change: 1 | -1) => void;
  #counts = false;
  #released = false;

  constructor(changed: (change: 1 | -1) => void) {
    this.#changed = changed;
    this.set(true);
  }

  /** Says whether it is a reason to live. */
  set(counts: boolean): void {
    if (counts === this.#counts || (counts && this.#released)) return;
    this.#counts = counts;
    this.#changed(counts ? 1 : -1);
  }

  /** It is open no more. May be called twice. */
  release(): void {
    this.#released = true;
    this.set(false);
  }
}
