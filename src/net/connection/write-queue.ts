/**
 * Bytes queued for sending on one connection.
 *
 * A wire accepts a write or is full. While it is full, this queue keeps the bytes in order. It passes them
 * on in windows, so that progress is visible at least once per window, or at the rate of a throttle. It
 * has no limit and no timeout: see byte-connection.ts.
 */
import { newBytes } from "../../base/bytes.ts";
import type { Wire } from "../../wire/index.ts";
import type { Throttle } from "../timing/throttle.ts";
import { SendBuffer } from "./send-buffer.ts";

/** Bytes passed to a wire at a time: large enough for speed, small enough to see progress. */
export const windowBytes = 262_144;

export interface Sender {
  /** Called when a piece is passed to the wire. */
  given(bytes: Uint8Array): void;
  /** Called when queued bytes are lost because their buffer was transferred. */
  detached(): void;
}

/** The state of a full wire. */
export interface Full {
  /** Whether none of the bytes that it holds is the writer's memory. */
  readonly owned: boolean;
}

export class WriteQueue {
  #wire: Wire;
  readonly #sender: Sender;
  readonly #waiting = new SendBuffer();
  #full: boolean;
  /** Whether none of the bytes that the wire holds is the writer's memory. */
  #wireOwned: boolean;
  #throttle: Throttle | undefined;

  /** @param full set if the wire has just become full. */
  constructor(wire: Wire, sender: Sender, full: Full | undefined) {
    this.#wire = wire;
    this.#sender = sender;
    this.#full = full !== undefined;
    this.#wireOwned = full?.owned ?? true;
  }

  /** Bytes that the kernel has not accepted yet. */
  get pendingBytes(): number {
    return this.#waiting.length + this.#wire.pendingBytes;
  }

  /** Those of them that have not been passed to the wire. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Whether the queue is empty and has no state, so that the next bytes may go to the wire directly. */
  get isIdle(): boolean {
    return !this.#full && this.#waiting.length === 0 && this.#throttle === undefined;
  }

  /** Whether the wire is full: nothing more is passed to it until `drained`. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends bytes, or queues them until the wire accepts more; if `copied` is set, queued bytes are copied. */
  push(bytes: Uint8Array, copied: boolean): void {
    if (!this.#full && this.#throttle === undefined && bytes.length <= windowBytes) {
      this.#sender.given(bytes);
      const took = copied ? writeCopied(this.#wire, bytes) : this.#wire.write(bytes);
      this.#full = !took;
      this.#wireOwned = copied;
      return;
    }
    this.#waiting.push(bytes, copied);
    this.pump();
  }

  /**
   * Ensures that none of the first `count` pending bytes is the writer's memory, by copying queued bytes.
   * Returns `false` if the wire holds some of it until the kernel has accepted it.
   */
  own(count: number): boolean {
    const wireBytes = this.#wire.pendingBytes;
    if (wireBytes > 0 && !this.#wireOwned) {
      if (this.#wire.keepCopy === undefined) return false;
      this.#wire.keepCopy();
      this.#wireOwned = true;
    }
    return count <= wireBytes || this.#waiting.own(count - wireBytes);
  }

  /** The wire is full after all: it could not send what it had accepted, and keeps a copy. */
  filled(): void {
    this.#full = true;
    this.#wireOwned = true;
  }

  /** The wire has passed everything to the kernel. */
  drained(): void {
    this.#full = false;
    this.#wireOwned = true;
    this.pump();
  }

  /** Continues with another wire. Call it when nothing is pending on the old one. */
  useWire(wire: Wire): void {
    this.#wire = wire;
  }

  /** Limits the rate; `undefined` removes the limit. */
  setThrottle(throttle: Throttle | undefined): void {
    this.#throttle?.stop();
    this.#throttle = throttle;
    this.pump();
  }

  /** Discards all queued bytes; returns their number. */
  drop(): number {
    const dropped = this.pendingBytes;
    this.#waiting.clear();
    this.#throttle?.stop();
    return dropped;
  }

  /** Passes on queued bytes as far as the wire and the throttle allow. */
  pump(): void {
    while (!this.#full && this.#waiting.length > 0) {
      const count = Math.min(this.#waiting.length, windowBytes);
      const allowed = this.#throttle === undefined ? count : this.#throttle.grant(count);
      if (allowed === 0) return;
      const batch = this.#waiting.take(allowed);
      if (batch === undefined) {
        this.#sender.detached();
        return;
      }
      const { pieces, owned } = batch;
      for (const piece of pieces) this.#sender.given(piece);
      this.#full = !(pieces.length === 1
        ? this.#wire.write(pieces[0] as Uint8Array)
        : this.#wire.writeAll(pieces));
      this.#wireOwned = owned;
    }
  }
}

/** Writes bytes to a wire so that the caller may reuse them at once: what the wire queues is a copy. */
export function writeCopied(wire: Wire, bytes: Uint8Array): boolean {
  // A wire that cannot copy later owns the bytes until it has drained.
  if (wire.keepCopy === undefined) return wire.write(copyOf(bytes));
  if (wire.write(bytes)) return true;
  wire.keepCopy();
  return false;
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = newBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
