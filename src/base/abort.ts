/**
 * One shared listener per AbortSignal.
 *
 * Node warns of a leak at the eleventh listener of a signal, and one signal may abort a thousand
 * reads. All callbacks therefore share one listener per signal. It is removed with the last callback.
 */

const fanouts = new WeakMap<AbortSignal, Fanout>();

/**
 * Calls `aborted` once when the signal fires. Does not call it if the signal has already fired.
 *
 * @returns a function that removes the callback; you may call it at any time and more than once.
 */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  let fanout = fanouts.get(signal);
  if (fanout === undefined) {
    fanout = new Fanout(signal);
    fanouts.set(signal, fanout);
  }
  return fanout.add(aborted);
}

class Fanout {
  readonly #signal: AbortSignal;
  /** One object per call of `add`, since the same function may be added twice. */
  readonly #entries = new Set<{ readonly aborted: () => void }>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(aborted: () => void): () => void {
    const entry = { aborted };
    if (this.#entries.size === 0) this.#signal.addEventListener("abort", this.#fire);
    this.#entries.add(entry);
    return () => {
      if (this.#entries.delete(entry)) this.#stopIfUnused();
    };
  }

  readonly #fire = (): void => {
    for (const entry of this.#entries) {
      this.#entries.delete(entry);
      try {
        entry.aborted();
      } catch (error) {
        // As EventTarget does: report the error and call the remaining callbacks.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#stopIfUnused();
  };

  #stopIfUnused(): void {
    if (this.#entries.size > 0) return;
    this.#signal.removeEventListener("abort", this.#fire);
    fanouts.delete(this.#signal);
  }
}
