/** The idle timer of `socket.setTimeout`: it reports silence and closes nothing. */
import type { Clock, Timer } from "../../base/clock.ts";

export class SocketIdle {
  readonly #clock: Clock;
  readonly #idle: () => void;
  /** A number that grows while a long write makes progress. */
  readonly #progress: () => number;
  #timeoutMs = 0;
  #timer: Timer | undefined = undefined;
  #activeAtMs = 0;
  #lastProgress = 0;

  constructor(clock: Clock, progress: () => number, idle: () => void) {
    this.#clock = clock;
    this.#progress = progress;
    this.#idle = idle;
  }

  /** Sets the time, and starts it anew; 0 turns the timer off. */
  set(timeoutMs: number): void {
    this.stop();
    this.#timeoutMs = timeoutMs;
    if (timeoutMs > 0) this.active();
  }

  /** Bytes were received or written. The timer is checked when it fires, and not moved each time. */
  active(): void {
    if (this.#timeoutMs === 0) return;
    this.#activeAtMs = this.#clock.now();
    if (this.#timer === undefined) this.#arm(this.#timeoutMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timeoutMs = 0;
  }

  #arm(delayMs: number): void {
    this.#lastProgress = this.#progress();
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      const now = this.#clock.now();
      if (this.#progress() !== this.#lastProgress) this.#activeAtMs = now;
      const leftMs = this.#activeAtMs + this.#timeoutMs - now;
      if (leftMs > 0) this.#arm(leftMs);
      else this.#idle();
    });
  }
}
