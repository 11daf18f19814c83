/**
 * How long the command waits for stdin once the peer has ended.
 *
 * The peer may still read what stdin has to say, so its FIN alone does not end the
 * command. A stdin that gives nothing for a while does: it may never end, as the pipe of
 * `sleep 6 | portcall listen` or of ssh.
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** How long, unless `--half-close-timeout` says otherwise. */
export const halfCloseMs = 2_000;

export class HalfClose {
  /** Resolves when the peer has ended and stdin has given nothing for so long. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  readonly #quietMs: number;
  #end!: () => void;
  #peerEnded = false;
  #awaitsInput = false;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(clock: Clock, quietMs: number) {
    this.#clock = clock;
    this.#quietMs = quietMs;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Whether `over` has resolved. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The peer has ended, and everything it sent is written out. */
  peerEnded(): void {
    this.#peerEnded = true;
    this.#start();
  }

  /** The next bytes of stdin are waited for. */
  inputAwaited(): void {
    this.#awaitsInput = true;
    this.#start();
  }

  /** Bytes of stdin are here, or its end: while these are sent, no time passes. */
  inputCame(): void {
    this.#awaitsInput = false;
    this.stop();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #start(): void {
    if (!this.#peerEnded || !this.#awaitsInput || this.#timer !== undefined) return;
    const end = (): void => {
      this.#isOver = true;
      this.#end();
    };
    this.#timer = this.#clock.after(this.#quietMs, end, true);
  }
}
