/**
 * What has come sooner than it may be received: held back, and let through at a pace.
 *
 * While something is held the wire is not read, so that no more than one read of the
 * engine is ever here, and the peer is made to wait by its own kernel.
 */
import { ByteQueue } from "../../base/byte-queue.ts";
import type { Clock } from "../../base/clock.ts";
import { Throttle } from "../timing/throttle.ts";

/** Whoever the bytes are for. */
export interface ReceiveThrottleOwner {
  /** Whether nothing is to be let through for now. */
  readonly isPaused: () => boolean;
  readonly bytes: (view: Uint8Array) => void;
  readonly ended: () => void;
  /** Something is held back, or no longer. */
  readonly holdingChanged: () => void;
}

export class ReceiveThrottle {
  readonly #owner: ReceiveThrottleOwner;
  readonly #clock: Clock;
  readonly #held = new ByteQueue();
  #pace: Throttle | undefined;
  #finHeld = false;
  #holding = false;

  constructor(owner: ReceiveThrottleOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  /** Whether something has come that may not be received yet. */
  get holding(): boolean {
    return this.#holding;
  }

  /** From now on so fast; `Infinity` lets everything through. */
  setRate(bytesPerSecond: number): void {
    this.#pace?.stop();
    this.#pace =
      bytesPerSecond === Infinity
        ? undefined
        : new Throttle(bytesPerSecond, this.#clock, () => {
            this.letThrough();
          });
    this.letThrough();
  }

  /** Bytes came from the wire. */
  push(view: Uint8Array): void {
    this.#held.push(new Uint8Array(view));
    this.letThrough();
  }

  /** The peer's FIN came; it is told behind everything that is held. */
  pushFin(): void {
    this.#finHeld = true;
    this.letThrough();
  }

  /** Hands on what may be received by now. */
  letThrough(): void {
    while (this.#held.length > 0 && !this.#owner.isPaused()) {
      const count = this.#pace === undefined ? this.#held.length : this.#pace.grant(this.#held.length);
      if (count === 0) break;
      this.#owner.bytes(this.#held.take(count));
    }
    this.#noteHolding();
    if (this.#finHeld && !this.#holding) {
      this.#finHeld = false;
      this.#owner.ended();
    }
  }

  /** The connection is over: hands on everything at once. */
  release(): void {
    this.#pace?.stop();
    this.#pace = undefined;
    if (this.#held.length > 0) this.#owner.bytes(this.#held.takeAll());
    this.letThrough();
  }

  #noteHolding(): void {
    const holding = this.#held.length > 0;
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.#owner.holdingChanged();
  }
}
