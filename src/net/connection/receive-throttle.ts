/**
 * Limits the rate of receiving: holds back bytes that arrive too early, and delivers them later.
 *
 * The wire is not read while bytes are held, so at most one read of the engine is held here, and TCP flow
 * control stops the peer.
 */
import { ByteQueue } from "../../base/byte-queue.ts";
import { noBytes } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import { Throttle } from "../timing/throttle.ts";

export interface ReceiveThrottleOwner {
  /** Whether delivery is paused. */
  readonly isPaused: () => boolean;
  readonly bytes: (view: Uint8Array) => void;
  readonly ended: () => void;
  /** Called when bytes start or stop being held. */
  readonly holdingChanged: () => void;
}

export class ReceiveThrottle {
  readonly #owner: ReceiveThrottleOwner;
  readonly #clock: Clock;
  readonly #held = new ByteQueue();
  #throttle: Throttle | undefined;
  #finHeld = false;
  #holding = false;

  constructor(owner: ReceiveThrottleOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  /** Whether bytes have arrived that must wait. */
  get holding(): boolean {
    return this.#holding;
  }

  /** Sets the rate; `Infinity` removes the limit. */
  setRate(bytesPerSecond: number): void {
    this.#throttle?.stop();
    this.#throttle =
      bytesPerSecond === Infinity
        ? undefined
        : new Throttle(bytesPerSecond, this.#clock, () => {
            this.deliverAllowed();
          });
    this.deliverAllowed();
  }

  /** Receives bytes from the wire. */
  push(view: Uint8Array): void {
    this.#held.push(new Uint8Array(view));
    this.deliverAllowed();
  }

  /** Receives the peer's FIN, which is delivered after all held bytes. */
  pushFin(): void {
    this.#finHeld = true;
    this.deliverAllowed();
  }

  /** Delivers the bytes that the rate allows by now. */
  deliverAllowed(): void {
    while (this.#held.length > 0 && !this.#owner.isPaused()) {
      const count =
        this.#throttle === undefined ? this.#held.length : this.#throttle.grant(this.#held.length);
      if (count === 0) break;
      this.#owner.bytes(this.#held.take(count));
    }
    this.#updateHolding();
    if (this.#finHeld && !this.#holding) {
      this.#finHeld = false;
      this.#owner.ended();
    }
  }

  /** Takes what is held without delivering it, beyond the rate. */
  takeHeld(): Uint8Array {
    const held = this.#held.length === 0 ? noBytes : this.#held.takeAll();
    this.deliverAllowed();
    return held;
  }

  /** The connection has closed: delivers everything at once. */
  release(): void {
    this.#throttle?.stop();
    this.#throttle = undefined;
    if (this.#held.length > 0) this.#owner.bytes(this.#held.takeAll());
    this.deliverAllowed();
  }

  #updateHolding(): void {
    const holding = this.#held.length > 0;
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.#owner.holdingChanged();
  }
}
