/**
 * Limits how much the sockets of `node:net` read in one turn of the event loop.
 *
 * libuv reads up to 2 MiB from one socket, then from the next, before timers and other I/O run. So received bytes are
 * counted. A socket that receives more when the turn's share is used up is paused until the next turn.
 */
import type { Clock } from "../../base/clock.ts";

/** Bytes of all sockets in one turn, as in the native engines. */
const turnBytesMax = 4 * 1024 * 1024;
/** Time for them, handlers included. */
const turnMsMax = 4;
/** Bytes since the last immediate before the next one is set, because an immediate costs time. */
const unwatchedBytes = 1024 * 1024;

/** A socket that can be paused. */
export interface Source {
  /** Pauses reading until `goOn`. */
  hold(): void;
  goOn(): void;
}

export class InputShare {
  #bytes = 0;
  #watched = false;
  #startedAtMs = 0;
  #held: Source[] = [];

  /** Counts bytes that a source has received, and pauses it if the turn's share is used up. */
  took(source: Source, bytes: number, clock: Clock): void {
    this.#bytes += bytes;
    if (!this.#watched) {
      if (this.#bytes < unwatchedBytes) return;
      this.#watched = true;
      this.#startedAtMs = clock.now();
      setImmediate(this.#next);
    } else if (this.#bytes >= turnBytesMax || clock.now() - this.#startedAtMs >= turnMsMax) {
      this.#held.push(source);
      source.hold();
    }
  }

  readonly #next = (): void => {
    const held = this.#held;
    this.#held = [];
    this.#bytes = 0;
    this.#watched = false;
    for (const source of held) source.goOn();
  };
}

/** One per thread, since a thread has one event loop. */
export const inputShare: InputShare = new InputShare();
