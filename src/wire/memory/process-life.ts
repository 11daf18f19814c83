/**
 * Keeps the process alive while a socket of a network in memory is open, as a system socket does.
 *
 * Otherwise a program that waits for a timeout on such a network would exit before it, since no timer of the library
 * keeps a process alive.
 */

/** The longest timer that Node supports. */
const timerMsMax = 0x7fffffff;

export class ProcessLife {
  readonly #keeps: boolean;
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param keeps `false` if open sockets do not keep the process alive. */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** A socket has opened. */
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

/** One open socket, until it is released. */
export class Hold {
  readonly #changed: (change: 1 | -1) => void;
  #counts = false;
  #released = false;

  constructor(changed: (change: 1 | -1) => void) {
    this.#changed = changed;
    this.set(true);
  }

  /** Sets whether it keeps the process alive. */
  set(counts: boolean): void {
    if (counts === this.#counts || (counts && this.#released)) return;
    this.#counts = counts;
    this.#changed(counts ? 1 : -1);
  }

  /** It has closed. May be called twice. */
  release(): void {
    this.#released = true;
    this.set(false);
  }
}
