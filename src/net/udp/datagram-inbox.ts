/**
 * The receiving side of a datagram socket: what came and has not been asked for, and
 * the one read that may be under way.
 *
 * What waits is bounded. Nothing holds a sender of datagrams back, so what has no room
 * is thrown away, as the network does, and the owner is told how much that was.
 */
import { onAbort } from "../../base/abort.ts";
import type { UdpAddress } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { checkReadOptions, handled, type ReadOptions } from "../connection/message-reader.ts";
import type { InLine, Turn } from "../timing/turn.ts";

/** A datagram that came. */
export interface Datagram {
  /** Perhaps none: an empty datagram is one too. */
  readonly bytes: Uint8Array;
  /** Who sent it, in canonical spelling; it can be given to `sendTo`. */
  readonly from: UdpAddress;
  /**
   * Where it was sent to: an address of this machine, a group, or a broadcast address. The portable engine cannot
   * tell, and gives the address that the socket is bound to.
   */
  readonly local: UdpAddress;
}

export interface InboxParts {
  /** How messages name the socket. */
  readonly name: () => string;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly turn: Turn;
  /** Told of how many were thrown away: the first of a run at once, the others when there is room again. */
  readonly dropped: (count: number) => void;
  /** Told when a read begins to wait, and when it waits no more. */
  readonly awaited: (awaited: "no" | "yes" | "own time") => void;
}

/** What a datagram in the queue costs besides its bytes, so that empty ones can not fill the memory either. */
const costBytes = 256;

interface PendingRead {
  readonly resolve: (datagram: Datagram | null) => void;
  readonly reject: (error: unknown) => void;
  /** Unsets its timer and its signal, if it has any. */
  release: () => void;
}

export class DatagramInbox implements InLine {
  readonly #parts: InboxParts;
  #queue: Datagram[] = [];
  #queuedBytes = 0;
  #pending: PendingRead | undefined;
  /** Datagrams that were ready, since the reader last waited or asked for more of the turn. */
  #taken = 0;
  /** Whether that read waits for its turn (turn.ts), not for a datagram; and whether there is a place in line for it. */
  #waitsForTurn = false;
  #hasPlace = false;
  /** Thrown away in the run that goes on, and not told yet. */
  #untold = 0;
  #dropping = false;
  /** What the next read fails with, once. */
  #failure: NetError | undefined;
  /** Nothing more will come: closed (`null`), or why. */
  #end: { readonly error: NetError | null } | undefined;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Takes a datagram in; `false` if there was no room. */
  push(datagram: Datagram): boolean {
    const pending = this.#pending;
    if (pending !== undefined && !this.#waitsForTurn) {
      this.#settle(pending);
      pending.resolve(datagram);
      return true;
    }
    const bytes = datagram.bytes.length + costBytes;
    if (this.#queuedBytes + bytes > this.#parts.bytesMax && this.#queue.length > 0) {
      this.#drop();
      return false;
    }
    this.#queue.push(datagram);
    this.#queuedBytes += bytes;
    return true;
  }

  /** Lets one read fail: the one under way, or else the next that finds nothing. */
  fail(error: NetError): void {
    const pending = this.#pending;
    if (pending === undefined || this.#waitsForTurn) {
      this.#failure = error;
      return;
    }
    this.#settle(pending);
    pending.reject(error);
  }

  /** Nothing more will come. What is here can still be read; then the end, or the error. */
  finish(error: NetError | null): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#tellDropped();
    const pending = this.#pending;
    if (pending === undefined || this.#waitsForTurn) return;
    this.#settle(pending);
    if (error === null) pending.resolve(null);
    else pending.reject(error);
  }

  /**
   * Reads the next datagram; `null` at the end. `shape` makes of it what the promise
   * resolves to.
   *
   * @throws {TypeError} at once, if a read is under way, or for a time-out that is none.
   */
  read<Result>(shape: (datagram: Datagram | null) => Result, options: ReadOptions = {}): Promise<Result> {
    checkReadOptions(options);
    if (this.#pending !== undefined) {
      throw new TypeError("receive: another read of this socket is under way; one reader at a time");
    }
    this.#waitsForTurn = this.#queue.length > 0 && !this.#mayGoOn();
    const first = this.#waitsForTurn ? undefined : this.#take();
    if (first !== undefined) {
      this.#taken++;
      return Promise.resolve(shape(first));
    }
    if (this.#waitsForTurn) return this.#begin(shape, options);
    const failure = this.#failure ?? this.#end?.error ?? undefined;
    this.#failure = undefined;
    if (failure !== undefined) return handled(Promise.reject(failure));
    if (this.#end !== undefined) return Promise.resolve(shape(null));
    return this.#begin(shape, options);
  }

  /** The turn has come for a read that had to wait for it. */
  goOn(): void {
    this.#hasPlace = false;
    const pending = this.#pending;
    if (pending === undefined || !this.#waitsForTurn) return;
    this.#taken = 0;
    const first = this.#take() as Datagram;
    this.#settle(pending);
    pending.resolve(first);
  }

  /** Whether this turn of the event loop has room for more datagrams that are ready. */
  #mayGoOn(): boolean {
    const { turn } = this.#parts;
    if (this.#taken < turn.stepsAtOnce) return true;
    if (!turn.goesOn(this.#taken)) return false;
    this.#taken = 0;
    return true;
  }

  #take(): Datagram | undefined {
    const first = this.#queue.shift();
    if (first === undefined) return undefined;
    this.#queuedBytes -= first.bytes.length + costBytes;
    this.#tellDropped();
    return first;
  }

  #begin<Result>(shape: (datagram: Datagram | null) => Result, options: ReadOptions): Promise<Result> {
    if (options.signal?.aborted === true) {
      this.#waitsForTurn = false;
      return handled(Promise.reject(options.signal.reason as Error));
    }
    return handled(
      new Promise((resolve, reject) => {
        this.#wait(
          { resolve: (datagram) => resolve(shape(datagram)), reject, release: () => undefined },
          options,
        );
      }),
    );
  }

  #wait(pending: PendingRead, { signal, timeoutMs }: ReadOptions): void {
    this.#pending = pending;
    const giveUp = (error: unknown): void => {
      this.#settle(pending);
      pending.reject(error);
    };
    const late = (): void => {
      if (this.#waitsForTurn) {
        // One is ready; it is not the sender who is late.
        const first = this.#take() as Datagram;
        this.#settle(pending);
        pending.resolve(first);
        return;
      }
      giveUp(
        new NetError({
          code: "ERR_READ_TIMEOUT",
          stage: "receive",
          address: this.#parts.name(),
          happened: `nothing to read in ${timeoutMs} ms`,
          option: "timeoutMs",
        }),
      );
    };
    const stopListening = signal && onAbort(signal, () => giveUp(signal.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : this.#parts.clock.after(timeoutMs, late);
    pending.release = () => {
      stopListening?.();
      timer?.cancel();
    };
    if (!this.#waitsForTurn) {
      this.#taken = 0;
      this.#parts.awaited(timeoutMs === undefined ? "yes" : "own time");
    } else if (!this.#hasPlace) {
      this.#hasPlace = true;
      this.#parts.turn.wait(this);
    }
  }

  #settle(pending: PendingRead): void {
    this.#pending = undefined;
    pending.release();
    if (!this.#waitsForTurn) this.#parts.awaited("no");
    this.#waitsForTurn = false;
  }

  #drop(): void {
    if (this.#dropping) {
      this.#untold++;
      return;
    }
    this.#dropping = true;
    this.#parts.dropped(1);
  }

  /** There is room again: the run of those thrown away is over. */
  #tellDropped(): void {
    this.#dropping = false;
    if (this.#untold === 0) return;
    const count = this.#untold;
    this.#untold = 0;
    this.#parts.dropped(count);
  }
}
