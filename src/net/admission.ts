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
  readonly #now: () => number;
  #limit = Infinity;
  /** Descriptors that may still be taken before they must be counted again. */
  #uncounted = 0;
  /** Since there was no room: beside how many, and when that was found. */
  #full: { readonly held: number; readonly atMs: number } | undefined;

  constructor(
    connectionsMax: number,
    descriptorReserve: number,
    count: () => Descriptors | undefined,
    now: () => number,
  ) {
    this.#connectionsMax = connectionsMax;
    this.#descriptorReserve = descriptorReserve;
    this.#count = count;
    this.#now = now;
  }

  /**
   * Decides on a client that has just been accepted, beside `held` others, and
   * `refusing` who are being told no: those are what the reserve is there for.
   */
  refuses(held: number, refusing = 0): Refusal | undefined {
    if (held >= this.#connectionsMax) return { reason: "connections", limit: this.#connectionsMax };
    return this.#descriptorsLeft(held, refusing)
      ? undefined
      : { reason: "descriptors", limit: this.#limit - this.#descriptorReserve };
  }

  /**
   * Counting may mean to read a directory of all descriptors, so it is done when
   * half the room left has been used; and when there was none, not for each
   * client who is then refused, but as soon as fewer are held, or some time has passed.
   */
  #descriptorsLeft(held: number, refusing: number): boolean {
    if (this.#uncounted-- > 0) return true;
    const full = this.#full;
    const now = this.#now();
    if (full !== undefined && held >= full.held && now < full.atMs + recountAfterMs) return false;
    const counted = this.#count();
    this.#limit = counted?.limit ?? Infinity;
    const room = this.#limit - this.#descriptorReserve - ((counted?.open ?? 0) - refusing);
    this.#uncounted = Math.floor(Math.max(room, 0) / 2);
    this.#full = room < 0 ? { held, atMs: now } : undefined;
    return room >= 0;
  }
}

/** How long a full process is taken to be full, unless one of its own connections ends. */
const recountAfterMs = 50;
