/**
 * What waits to be sent on one connection.
 *
 * A wire takes a write or is full; this keeps what comes while it is full, in
 * order, and hands it on in windows, so that "the peer took something" is seen at
 * least once a window; or, where a pace is set, as fast as that allows. Knows no limit
 * and no deadline: see byte-connection.ts.
 */
import type { Wire } from "../wire/index.ts";
import type { Pace } from "./pace.ts";

/** Handed to a wire at a time: large enough to cost nothing, small enough to see progress. */
export const windowBytes = 262_144;

/** Whose bytes they are. */
export interface Sender {
  /** A piece is handed to the wire. */
  given(bytes: Uint8Array): void;
}

export class WriteQueue {
  readonly #wire: Wire;
  readonly #sender: Sender;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #full: boolean;
  #pace: Pace | undefined;

  /** @param full whether the wire has just said so. */
  constructor(wire: Wire, sender: Sender, full: boolean) {
    this.#wire = wire;
    this.#sender = sender;
    this.#full = full;
  }

  /** Bytes that the kernel has not taken. */
  get pendingBytes(): number {
    return this.#bytes + this.#wire.pendingBytes;
  }

  /** Whether it has nothing to remember: what comes next may go to the wire at once. */
  get isIdle(): boolean {
    return !this.#full && this.#bytes === 0 && this.#pace === undefined;
  }

  /** Whether the wire is full: nothing more goes out until `drained`. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends, or keeps until the wire takes more. `borrowed` bytes are valid only during this call. */
  push(bytes: Uint8Array, borrowed: boolean): void {
    if (!this.#full && this.#pace === undefined && bytes.length <= windowBytes) {
      this.#give(bytes);
      return;
    }
    // Not `slice`, which on a Buffer is another view.
    this.#pieces.push(borrowed ? new Uint8Array(bytes) : bytes);
    this.#bytes += bytes.length;
    this.pump();
  }

  /** The wire is full after all: what it had taken did not go. */
  filled(): void {
    this.#full = true;
  }

  /** The wire has handed everything to the kernel. */
  drained(): void {
    this.#full = false;
    this.pump();
  }

  /** From now on no faster than `pace` allows; `undefined` is as fast as the wire takes it. */
  setPace(pace: Pace | undefined): void {
    this.#pace?.stop();
    this.#pace = pace;
    this.pump();
  }

  /** Forgets what waits; returns how many bytes that was. */
  drop(): number {
    const dropped = this.pendingBytes;
    this.#pieces = [];
    this.#bytes = 0;
    this.#pace?.stop();
    return dropped;
  }

  #give(bytes: Uint8Array): void {
    this.#sender.given(bytes);
    this.#full = !this.#wire.write(bytes);
  }

  /** Hands on what waits, as far as the wire and the pace take it. */
  pump(): void {
    while (!this.#full && this.#bytes > 0) {
      const count = Math.min(this.#bytes, windowBytes);
      const allowed = this.#pace === undefined ? count : this.#pace.grant(count);
      if (allowed === 0) return;
      const batch = this.#take(allowed);
      for (const piece of batch) this.#sender.given(piece);
      this.#full = !(batch.length === 1
        ? this.#wire.write(batch[0] as Uint8Array)
        : this.#wire.writeAll(batch));
    }
  }

  #take(count: number): Uint8Array[] {
    let room = count;
    let whole = 0;
    while (whole < this.#pieces.length && (this.#pieces[whole] as Uint8Array).length <= room) {
      room -= (this.#pieces[whole] as Uint8Array).length;
      whole++;
    }
    const batch = this.#pieces.splice(0, whole);
    const next = this.#pieces[0];
    if (next !== undefined && room > 0) {
      batch.push(next.subarray(0, room));
      this.#pieces[0] = next.subarray(room);
      room = 0;
    }
    this.#bytes -= count - room;
    return batch;
  }
}
