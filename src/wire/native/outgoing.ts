/**
 * What one thread's wires send by way of the addon: at once, or at the end of the batch under way.
 *
 * Within a batch a send is a line in shared memory and no call. The bytes lie in the arena, if
 * it is the very view that is being told, or are copied behind each other into the outbox; when the batch is
 * over the addon sends all of it, before the arena is used again. Several sends of one socket that lie
 * behind one another are one. Whatever did not go whole comes back to its wire.
 */
import type { NativeCalls } from "../addon/addon.ts";
import { control, sendInts, sendsMax } from "./records.ts";

/** Who is told that a send, which it had left to the end of the batch, did not go whole. */
export interface Sender {
  /** `rest` has to be copied; the errno says why, or is 0 where there was only no room. */
  unsent(rest: Uint8Array, errno: number): void;
}

/** Telling the addon of memory costs more than copying so little. */
const copyBytesMax = 16_384;

export class Outgoing {
  readonly #calls: NativeCalls;
  readonly #arena: ArrayBuffer;
  readonly #outbox: Uint8Array;
  readonly #control: Int32Array;
  readonly #sends: Int32Array;
  readonly #senderOf: (id: number) => Sender | undefined;
  /** How much of the outbox waits for the end of the batch; nothing does when no send does. */
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
   * Leaves a send to the end of the batch. False where there is none, or the bytes are too many: what was left
   * before them has been carried out then, so that they can be sent now.
   *
   * @param currentView the view that is being told, if any
   */
  defer(id: number, bytes: Uint8Array, currentView: Uint8Array | undefined): boolean {
    if (this.#control[control.batch] === 0) return false;
    const { length } = bytes;
    // The question for its `buffer` would cost a small array memory of its own, so it is asked of large ones only.
    if (bytes === currentView || (length > copyBytesMax && this.isBorrowed(bytes))) {
      return this.#note(id, bytes.byteOffset, length);
    }
    const at = this.#findRoom(id, length);
    if (at < 0) return false;
    this.#outbox.set(bytes, at);
    return this.#noteCopy(id, at, length);
  }

  /** The same with several pieces. */
  deferAll(id: number, pieces: readonly Uint8Array[]): boolean {
    if (this.#control[control.batch] === 0) return false;
    const length = bytesOf(pieces);
    const at = this.#findRoom(id, length);
    if (at < 0) return false;
    this.#copy(pieces, at);
    return this.#noteCopy(id, at, length);
  }

  /** Sends now; how many bytes went, perhaps because not all were tried, or a negative errno. */
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

  /** Carries out what was left to the end of the batch, if some of it is this socket's. */
  settle(id: number): void {
    const count = this.#control[control.sends] as number;
    for (let index = 0; index < count; index++) {
      if (this.#sends[index * sendInts] === id) {
        this.#flushSends();
        return;
      }
    }
  }

  /** Carries out all of it. */
  settleAll(): void {
    if ((this.#control[control.sends] as number) > 0) this.#flushSends();
  }

  /** Gives back to their wires so many sends as did not go whole. Nobody sends anything meanwhile. */
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

  /** Whether bytes lie in memory that is used again when the batch is over. */
  isBorrowed(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#arena;
  }

  #flushSends(): void {
    this.reportUnsent(this.#calls.flushSends());
  }

  /** Writes a line, or makes the last one longer; where there is none left, all are carried out first. */
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

  /** Where to copy so much; or -1, and then what stood in its way has been carried out. */
  #findRoom(id: number, length: number): number {
    if (length > copyBytesMax) {
      this.settle(id);
      return -1;
    }
    const at = this.#roomFor(length);
    if (at < 0) this.#flushSends();
    return at;
  }

  /** Where in the outbox there is room for so much, behind what waits there; or -1. */
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
