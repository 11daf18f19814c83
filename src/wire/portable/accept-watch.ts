/**
 * Notices that clients cannot be accepted, says so, and stops the spin (F2).
 *
 * When accept(2) fails for want of something (ENFILE, ENOBUFS, ENOMEM), libuv
 * returns without a word and is woken again at once by the same client: the
 * process burns a processor and nobody knows. Three things give it away together:
 *
 *     the event loop hardly sleeps      asked once a second; the rest only if so
 *     a client waits in the queue       from /proc, see accept-queue.ts
 *     the loop polls, and accepts none  libuv accepts all it can each time
 *
 * Then it is told, once until things go well again, and the listening socket is left
 * unwatched for a while, 5 ms doubling to a second, in which the clients stay in the
 * kernel's queue. Closing it and opening it again would stop the spin as well, but
 * it would reset every client who waits and may be served a moment later, turn away
 * those who come meanwhile, and lose the address to whoever takes it; and where
 * it is sockets that cannot be had, there would be none to open. So where Node's
 * handle cannot be shut (listening-handle.ts), the spin is left alone as the lesser
 * evil: it costs a processor and no client, and ends with the shortage.
 *
 * EMFILE does not come here as a rule: libuv then uses a descriptor that it has kept
 * aside to accept the client and drop it. net/admission.ts refuses before that.
 */
import { closeSync, openSync } from "node:fs";
import type { Clock, Timer } from "../../base/clock.ts";
import { WireError } from "../wire.ts";
import type { AcceptQueue } from "./accept-queue.ts";
import { systemCode } from "../shared/system-code.ts";

/** What the watch asks, and what it may do. */
export interface AcceptWatchParts {
  readonly clock: Clock;
  /** Whom the kernel holds; it is closed with the watch. */
  readonly queue: AcceptQueue;
  /** The part of the time since it was last called in which the event loop did not sleep, 0 to 1. Costs next to nothing. */
  readonly loopUse: () => number;
  /** Calls back when the loop has polled, and with that accepted whom it could. */
  readonly afterPoll: (then: () => void) => void;
  /** Lets clients wait in the queue, until `open`; `undefined` if that cannot be done. */
  readonly door: { shut(): void; open(): void } | undefined;
  readonly failed: (error: WireError) => void;
}

const lookEveryMs = 1_000;
const restMs = { least: 5, most: 1_000 } as const;

/** A loop that sleeps more than this has nobody waiting: whoever waits wakes it at once, again and again. */
const busyShare = 0.5;

/** So often in a row may clients be found waiting and then be accepted before they are taken for a mere crowd. */
const crowdedLooks = 3;

/** A look at the queue that took long is not repeated until a hundred times as long has passed. */
const restPerLook = 100;

export class AcceptWatch {
  readonly #parts: AcceptWatchParts;
  #timer: Timer | undefined;
  #accepted = 0;
  /** Whether the failure under way has been told. */
  #told = false;
  #lookNotBeforeMs = -Infinity;
  #closed = false;

  constructor(parts: AcceptWatchParts) {
    this.#parts = parts;
    this.#lookLater();
  }

  /** A client was accepted. */
  accepted(): void {
    this.#accepted++;
  }

  /** Node itself told of a failure, which it does on no system known to us for those above. */
  failed(error: WireError): void {
    if (this.#told) return;
    this.#told = true;
    this.#parts.failed(error);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#parts.queue.close();
  }

  #lookLater(): void {
    this.#timer = this.#parts.clock.after(lookEveryMs, () => {
      this.#look();
    });
  }

  #look(): void {
    const { clock, loopUse } = this.#parts;
    const now = clock.now();
    if (loopUse() < busyShare) {
      this.#wentWell();
    } else if (now < this.#lookNotBeforeMs) {
      this.#lookLater();
    } else {
      this.#probe(restMs.least, crowdedLooks);
      this.#lookNotBeforeMs = now + restPerLook * (clock.now() - now);
    }
  }

  /** Asks whether somebody waits whom a whole turn of the event loop does not let in. */
  #probe(restIfNotMs: number, looksLeft: number): void {
    if (looksLeft === 0 || this.#parts.queue.waiting() === 0) {
      this.#wentWell();
      return;
    }
    const accepted = this.#accepted;
    this.#parts.afterPoll(() => {
      if (this.#closed) return;
      if (this.#accepted === accepted) this.#stuck(restIfNotMs);
      else this.#probe(restMs.least, looksLeft - 1);
    });
  }

  #wentWell(): void {
    this.#told = false;
    this.#lookLater();
  }

  #stuck(ms: number): void {
    if (!this.#told) this.failed(shortage());
    if (this.#closed) return;
    const { clock, door } = this.#parts;
    if (door === undefined) {
      this.#lookLater();
      return;
    }
    door.shut();
    this.#timer = clock.after(ms, () => {
      door.open();
      this.#probe(Math.min(2 * ms, restMs.most), crowdedLooks);
    });
  }
}

/** What is missing, as far as can be known: whether the system gives out any descriptor. */
function shortage(): WireError {
  try {
    closeSync(openSync("/dev/null", "r"));
    return new WireError("ERR_ACCEPT_STALLED", "accept");
  } catch (error) {
    return new WireError(systemCode(error), "accept", error);
  }
}

/** `loopUse` of this thread's event loop; always 0 where that is not measured, so that nothing is watched. */
export function measureLoopUse(): () => number {
  if (typeof performance.eventLoopUtilization !== "function") return () => 0;
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
