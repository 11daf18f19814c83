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
const windowBytes = 262_144;

export class WriteQueue {
  readonly #wire: Wire;
  readonly #given: ((bytes: Uint8Array) => void) | undefined;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #bytesGiven = 0;
  #full = false;
  #pace: Pace | undefined;

  /** @param given called with each piece as the wire takes it, if anybody wants to know. */
  constructor(wire: Wire, given: ((bytes: Uint8Array) => void) | undefined) {
    this.#wire = wire;
    this.#given = given;
  }

  /** Bytes that the kernel has not taken. */
  get pendingBytes(): number {
    return this.#bytes + (this.#full ? this.#wire.pendingBytes : 0);
  }

  /** Bytes handed to the wire, taken by the kernel or not. */
  get bytesGiven(): number {
    return this.#bytesGiven;
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
    this.#bytesGiven += bytes.length;
    this.#given?.(bytes);
    this.#full = !this.#wire.write(bytes);
  }

  /** Hands on what waits, as far as the wire and the pace take it. */
  pump(): void {
    while (!this.#full && this.#bytes > 0) {
      const count = Math.min(this.#bytes, windowBytes);
      const allowed = this.#pace === undefined ? count : this.#pace.grant(count);
      if (allowed === 0) return;
      const batch = this.#take(allowed);
      for (const piece of batch) {
        this.#bytesGiven += piece.length;
        this.#given?.(piece);
      }
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
