/**
 * The time between our FIN and the peer's: what is said on a terminal while nothing
 * seems to happen, and how long it may take when Ctrl-C has asked for the end.
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** A peer that answers at once is not worth a word. */
export const noticeMs = 1_000;

/** How long a peer may take to finish after Ctrl-C. */
export const closeGraceMs = 5_000;

export interface CloseGraceOptions {
  readonly clock: Clock;
  /** Tells the person at the terminal, if there is one. */
  readonly say: ((line: string) => void) | undefined;
}

export class CloseGrace {
  /** Resolves when Ctrl-C has asked for the end, and the peer has not come to it in time. */
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

  /** Our FIN is sent. */
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

  /** Ctrl-C: what is under way may finish within so long; 0 ends at once. */
  hurry(limitMs: number = closeGraceMs): void {
    this.#hurried = true;
    if (limitMs === 0) this.#giveUp();
    else this.#limit = this.#options.clock.after(limitMs, this.#giveUp, true);
  }

  /** Says, and waits, no more. */
  end(): void {
    this.#notice?.cancel();
    this.#limit?.cancel();
  }
}
