/**
 * Bytes appended to one growing array, so that a peer that sends single bytes does not cost an array for each.
 */

const leastBytes = 256;

export class KeptBytes {
  #room = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All bytes: a view that is valid until the next `add`. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  add(view: Uint8Array): void {
    const length = this.#length + view.length;
    if (length > this.#room.length) {
      const room = new Uint8Array(Math.max(leastBytes, length, this.#room.length * 2));
      room.set(this.bytes);
      this.#room = room;
    }
    this.#room.set(view, this.#length);
    this.#length = length;
  }
}
