/**
 * Listening to an AbortSignal that others use too.
 *
 * Node warns of a leak when a signal has eleven listeners, and one signal may well give up a
 * thousand reads. So all of ours share one listener for each signal, which is there only
 * while one of them is.
 */

/** What to call for each signal that is listened to. */
const fanouts = new WeakMap<AbortSignal, Fanout>();

/**
 * Calls `aborted` once when the signal fires; never, if it has fired already.
 *
 * @returns how to stop listening, which may be called at any time and more than once.
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
  /** An object for each, since the same function may be given twice. */
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
        // As an EventTarget does: one that fails is reported, and the others are called.
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
