/**
 * The time between our FIN and the peer's: the notice on a terminal, and the limit after Ctrl-C.
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** No notice is shown for a peer that answers sooner. */
export const noticeMs = 1_000;

/** How long a peer may take to finish after Ctrl-C. */
export const closeGraceMs = 5_000;

export interface CloseGraceOptions {
  readonly clock: Clock;
  /** Prints a notice, if there is a terminal. */
  readonly say: ((line: string) => void) | undefined;
}

export class CloseGrace {
  /** Resolves when the peer has not ended in time after Ctrl-C. */
  readonly givenUp: Promise<void>;
  readonly #options: CloseGraceOptions;
  #giveUp!: () => void;
  #hurried = false;
  #notice: Timer | undefined;
  #limit: Timer | undefined;

  constructor(options: CloseGraceOptions) {
    this.#options = options;
    this.givenUp = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /** Call this when our FIN is sent. */
  finSent(): void {
    const { clock, say } = this.#options;
    if (say === undefined) return;
    this.#notice = clock.after(noticeMs, () => {
      say(
        this.#hurried
          ? `sent FIN; waiting ${closeGraceMs / 1_000} s for the peer, Ctrl-C again ends at once`
          : "sent FIN; waiting for the peer, Ctrl-C stops",
      );
    });
  }

  /** Call this at Ctrl-C: gives the peer this long to end; 0 ends at once. */
  hurry(limitMs: number = closeGraceMs): void {
    this.#hurried = true;
    if (limitMs === 0) this.#giveUp();
    else this.#limit = this.#options.clock.after(limitMs, this.#giveUp, true);
  }

  /** Cancels the notice and the limit. */
  end(): void {
    this.#notice?.cancel();
    this.#limit?.cancel();
  }
}
