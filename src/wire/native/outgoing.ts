/**
 * What one thread's wires send through the addon: at once, or at the end of the current batch.
 *
 * Within a batch a send is a line in shared memory and no call. The bytes stay in the arena if they are the view
 * being delivered. Otherwise they are copied into the outbox, one after the other. At the end of the batch the addon
 * sends all of it, before the arena is reused. Adjacent sends of one socket are merged. Incomplete sends are reported
 * to their wires.
 */
import type { NativeCalls } from "../addon/addon.ts";
import { control, sendInts, sendsMax } from "./records.ts";

/** Handles deferred sends that were incomplete. */
export interface Sender {
  /** Copies `rest`, which is valid only now. The errno is the reason, or 0 if there was no room. */
  unsent(rest: Uint8Array, errno: number): void;
}

/** Passing memory to the addon costs more than copying this much. */
const copyBytesMax = 16_384;

export class Outgoing {
  readonly #calls: NativeCalls;
  readonly #arena: ArrayBuffer;
  readonly #outbox: Uint8Array;
  readonly #control: Int32Array;
  readonly #sends: Int32Array;
  readonly #senderOf: (id: number) => Sender | undefined;
  /** Bytes of the outbox in use by deferred sends. */
  #used = 0;

  constructor(
    calls: NativeCalls,
    arena: ArrayBuffer,
    shared: { readonly control: Int32Array; readonly sends: Int32Array },
    senderOf: (id: number) => Sender | undefined,
  ) {
    this.#calls = calls;
    this.#arena = arena;
    this.#outbox = new Uint8Array(calls.outbox);
    this.#control = shared.control;
    this.#sends = shared.sends;
    this.#senderOf = senderOf;
  }

  /**
   * Defers a send to the end of the batch. Returns false outside a batch, or if there are too many bytes: earlier
   * sends of the socket have been performed then, so that these bytes can be sent now.
   *
   * @param currentView the view that is being delivered, if any
   */
  defer(id: number, bytes: Uint8Array, currentView: Uint8Array | undefined): boolean {
    if (this.#control[control.batch] === 0) return false;
    const { length } = bytes;
    // Reading `buffer` of a small array would allocate, so only large ones are checked.
    if (bytes === currentView || (length > copyBytesMax && this.isBorrowed(bytes))) {
      return this.#note(id, bytes.byteOffset, length);
    }
    const at = this.#findRoom(id, length);
    if (at < 0) return false;
    this.#outbox.set(bytes, at);
    return this.#noteCopy(id, at, length);
  }

  /** The same for several pieces. */
  deferAll(id: number, pieces: readonly Uint8Array[]): boolean {
    if (this.#control[control.batch] === 0) return false;
    const length = bytesOf(pieces);
    const at = this.#findRoom(id, length);
    if (at < 0) return false;
    this.#copy(pieces, at);
    return this.#noteCopy(id, at, length);
  }

  /** Sends now. Returns the bytes sent, perhaps not all were tried; or a negative errno. */
  send(id: number, pieces: readonly Uint8Array[]): number {
    const [first] = pieces;
    if (pieces.length === 1 && first !== undefined && this.isBorrowed(first)) {
      return this.#calls.send(id, first.byteOffset, first.length);
    }
    const length = bytesOf(pieces);
    const at = length > copyBytesMax ? -1 : this.#roomFor(length);
    if (at < 0) return this.#calls.sendPieces(id, pieces);
    this.#copy(pieces, at);
    return this.#calls.send(id, -1 - at, length);
  }

  /** Performs all deferred sends, if one of them is this socket's. */
  settle(id: number): void {
    const count = this.#control[control.sends] as number;
    for (let index = 0; index < count; index++) {
      if (this.#sends[index * sendInts] === id) {
        this.#flushSends();
        return;
      }
    }
  }

  /** Performs all deferred sends. */
  settleAll(): void {
    if ((this.#control[control.sends] as number) > 0) this.#flushSends();
  }

  /** Reports incomplete sends to their wires. No wire sends anything meanwhile. */
  reportUnsent(count: number): void {
    const sends = this.#sends;
    for (let line = 0; line < count; line++) {
      const index = line * sendInts;
      const offset = sends[index + 1] as number;
      const length = sends[index + 2] as number;
      const rest =
        offset < 0
          ? this.#outbox.subarray(-1 - offset, length - 1 - offset)
          : new Uint8Array(this.#arena, offset, length);
      this.#senderOf(sends[index] as number)?.unsent(rest, sends[index + 3] as number);
    }
  }

  /** Whether bytes are in memory that is reused when the batch is over. */
  isBorrowed(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#arena;
  }

  #flushSends(): void {
    this.reportUnsent(this.#calls.flushSends());
  }

  /** Adds a line, or extends the last one. If no line is free, performs all of them first and returns false. */
  #note(id: number, offset: number, length: number): boolean {
    const sends = this.#sends;
    const count = this.#control[control.sends] as number;
    const last = (count - 1) * sendInts;
    if (count > 0 && sends[last] === id) {
      const before = sends[last + 1] as number;
      const bytes = sends[last + 2] as number;
      if (offset < 0 ? before < 0 && before - bytes === offset : before >= 0 && before + bytes === offset) {
        sends[last + 2] = bytes + length;
        return true;
      }
    }
    if (count === sendsMax) {
      this.#flushSends();
      return false;
    }
    const index = last + sendInts;
    sends[index] = id;
    sends[index + 1] = offset;
    sends[index + 2] = length;
    this.#control[control.sends] = count + 1;
    return true;
  }

  #noteCopy(id: number, at: number, length: number): boolean {
    this.#used = at + length;
    return this.#note(id, -1 - at, length);
  }

  /** Finds room in the outbox, after performing deferred sends if it is full; -1 if there are too many bytes. */
  #findRoom(id: number, length: number): number {
    if (length > copyBytesMax) {
      this.settle(id);
      return -1;
    }
    const at = this.#roomFor(length);
    if (at < 0) this.#flushSends();
    return at;
  }

  /** The offset in the outbox of so much free room; or -1. */
  #roomFor(length: number): number {
    if (this.#control[control.sends] === 0) this.#used = 0;
    return this.#used + length <= this.#outbox.length ? this.#used : -1;
  }

  #copy(pieces: readonly Uint8Array[], at: number): void {
    let to = at;
    for (const piece of pieces) {
      this.#outbox.set(piece, to);
      to += piece.length;
    }
  }
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}
