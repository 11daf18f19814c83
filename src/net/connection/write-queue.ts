/**
 * What waits to be sent on one connection.
 *
 * A wire takes a write or is full; this keeps what comes while it is full, in
 * order, and hands it on in windows, so that "the peer took something" is seen at
 * least once a window; or, where a pace is set, as fast as that allows. Knows no limit
 * and no deadline: see byte-connection.ts.
 */
import { newBytes } from "../../base/bytes.ts";
import type { Wire } from "../../wire/index.ts";
import type { Throttle } from "../timing/throttle.ts";
import { SendBuffer } from "./send-buffer.ts";

/** Handed to a wire at a time: large enough to cost nothing, small enough to see progress. */
export const windowBytes = 262_144;

/** Whose bytes they are. */
export interface Sender {
  /** A piece is handed to the wire. */
  given(bytes: Uint8Array): void;
  /** Bytes that wait are gone, because their memory was transferred to another owner. */
  detached(): void;
}

/** What a wire held when it said that it is full. */
export interface Full {
  /** Whether none of it is the writer's memory. */
  readonly owned: boolean;
}

export class WriteQueue {
  readonly #wire: Wire;
  readonly #sender: Sender;
  readonly #waiting = new SendBuffer();
  #full: boolean;
  /** Whether none of what the wire holds is the writer's memory. */
  #wireOwned: boolean;
  #pace: Throttle | undefined;

  /** @param full set if the wire has just said that it is full. */
  constructor(wire: Wire, sender: Sender, full: Full | undefined) {
    this.#wire = wire;
    this.#sender = sender;
    this.#full = full !== undefined;
    this.#wireOwned = full?.owned ?? true;
  }

  /** Bytes that the kernel has not taken. */
  get pendingBytes(): number {
    return this.#waiting.length + this.#wire.pendingBytes;
  }

  /** Those of them that have not been handed to the wire. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Whether it has nothing to remember: what comes next may go to the wire at once. */
  get isIdle(): boolean {
    return !this.#full && this.#waiting.length === 0 && this.#pace === undefined;
  }

  /** Whether the wire is full: nothing more goes out until `drained`. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends, or keeps until the wire takes more; if `copied` is set, whatever has to wait is copied. */
  push(bytes: Uint8Array, copied: boolean): void {
    if (!this.#full && this.#pace === undefined && bytes.length <= windowBytes) {
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
   * Makes sure that none of the first `count` pending bytes is a writer's memory, by copying what has
   * to wait. `false` if the wire holds some of it that only the kernel can free.
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

  /** The wire is full after all: what it had taken did not go. A copy of that waits there. */
  filled(): void {
    this.#full = true;
    this.#wireOwned = true;
  }

  /** The wire has handed everything to the kernel. */
  drained(): void {
    this.#full = false;
    this.#wireOwned = true;
    this.pump();
  }

  /** From now on no faster than `pace` allows; `undefined` is as fast as the wire takes it. */
  setPace(pace: Throttle | undefined): void {
    this.#pace?.stop();
    this.#pace = pace;
    this.pump();
  }

  /** Forgets what waits; returns how many bytes that was. */
  drop(): number {
    const dropped = this.pendingBytes;
    this.#waiting.clear();
    this.#pace?.stop();
    return dropped;
  }

  /** Hands on what waits, as far as the wire and the pace take it. */
  pump(): void {
    while (!this.#full && this.#waiting.length > 0) {
      const count = Math.min(this.#waiting.length, windowBytes);
      const allowed = this.#pace === undefined ? count : this.#pace.grant(count);
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

/** Hands bytes to a wire in such a way that they are the caller's again at once: what has to wait there is a copy. */
export function writeCopied(wire: Wire, bytes: Uint8Array): boolean {
  // Once given to a wire that cannot copy later, they are its own until it has drained.
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
