/**
 * Who may come in: counts against the server's limit and the process's descriptors.
 *
 * Node accepts and drops clients without a word when the process has no descriptor
 * left (F1); so the server refuses earlier, politely and aloud, while the reserve
 * is still there. Decides only; the server acts.
 */
import type { Descriptors } from "../wire/index.ts";

/** Why a client is not let in. */
export interface Refusal {
  readonly reason: "connections" | "descriptors";
  readonly limit: number;
}

export class Admission {
  readonly #connectionsMax: number;
  readonly #descriptorReserve: number;
  readonly #count: () => Descriptors | undefined;
  /** Descriptors that may still be taken before they must be counted again. */
  #uncounted = 0;

  constructor(
    connectionsMax: number,
    descriptorReserve: number,
    count: () => Descriptors | undefined,
  ) {
    this.#connectionsMax = connectionsMax;
    this.#descriptorReserve = descriptorReserve;
    this.#count = count;
  }

  /** Decides on a client that has just been accepted, beside `held` others. */
  refuses(held: number): Refusal | undefined {
    if (held >= this.#connectionsMax) return { reason: "connections", limit: this.#connectionsMax };
    return this.#outOfDescriptors();
  }

  /** Counting reads a directory of all descriptors, so it is done when half the room left has been used. */
  #outOfDescriptors(): Refusal | undefined {
    if (this.#uncounted-- > 0) return undefined;
    const now = this.#count();
    if (now === undefined) {
      this.#uncounted = Infinity;
      return undefined;
    }
    const room = now.limit - this.#descriptorReserve - now.open;
    this.#uncounted = Math.floor(Math.max(room, 0) / 2);
    return room < 0 ? { reason: "descriptors", limit: now.limit - this.#descriptorReserve } : undefined;
  }
}
