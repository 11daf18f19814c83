/**
 * How long the command waits for stdin once the peer has ended.
 *
 * The peer may still read what stdin gives, so its FIN alone does not end the command. A stdin that is quiet for a
 * while does. It might never end, such as the pipe of `sleep 6 | portcall listen` or of ssh.
 */
import type { Clock, Timer } from "../../base/clock.ts";

/** The default of `--half-close-timeout`. */
export const halfCloseMs = 2_000;

export class QuietStdin {
  /** Resolves when the peer has ended and stdin has been quiet for that time. */
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

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Call this when the peer has ended and all received bytes are written out. */
  peerEnded(): void {
    this.#peerEnded = true;
    this.#start();
  }

  /** Call this before each read of stdin. */
  inputAwaited(): void {
    this.#awaitsInput = true;
    this.#start();
  }

  /** Call this when a read of stdin has finished. No time counts while its bytes are sent. */
  inputArrived(): void {
    this.#awaitsInput = false;
    this.stop();
  }

  /** The same input; while its next piece is waited for, time passes. */
  async *watch(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
    const pieces = input[Symbol.asyncIterator]();
    for (;;) {
      this.inputAwaited();
      const next = await pieces.next();
      this.inputArrived();
      if (next.done === true) return;
      yield next.value;
    }
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
