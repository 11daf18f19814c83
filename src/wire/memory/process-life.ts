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

  /** Something is open; call what is returned, once or more, when it is not any more. */
  hold(): () => void {
    let held = true;
    this.#holders++;
    if (this.#keeps) this.#timer ??= setInterval(() => undefined, timerMsMax);
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holders > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
