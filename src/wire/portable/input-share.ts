/**
 * How much the sockets of `node:net` may bring in one turn of the event loop.
 *
 * libuv reads up to 2 MiB of one socket, then of the next, before timers and other I/O have their turn. So what comes is
 * counted, and a socket that brings something when the turn's share is used up is not read again until the next turn.
 */
import type { Clock } from "../../base/clock.ts";

/** Bytes of all sockets in one turn, as with the native engines, */
const turnBytesMax = 4 * 1024 * 1024;
/** and the time for them, handlers included. */
const turnMsMax = 4;
/** An immediate is set when so much has come since the last one, in one turn or in many: it has a price. */
const unwatchedBytes = 1024 * 1024;

/** A socket that can be left unread for a while. */
export interface Source {
  /** It is not to be read until `goOn`. */
  hold(): void;
  goOn(): void;
}

export class InputShare {
  #bytes = 0;
  #watched = false;
  #startedAtMs = 0;
  #held: Source[] = [];

  /** Counts what a source has brought, and holds it if that was more than the turn has room for. */
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

/** Of this thread, which has one event loop. */
export const inputShare: InputShare = new InputShare();
