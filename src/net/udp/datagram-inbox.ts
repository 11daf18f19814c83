/**
 * The receiving side of a datagram socket: received datagrams, and the one read that may be in progress.
 *
 * The queue is bounded. Nothing slows a sender of datagrams down, so datagrams without room are dropped, as
 * the network does. The owner gets their number.
 */
import { onAbort } from "../../base/abort.ts";
import type { UdpAddress } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { checkReadOptions, handled, type ReadOptions } from "../connection/message-reader.ts";
import type { TurnWaiter, Turn } from "../timing/turn.ts";

/** A received datagram. */
export interface Datagram {
  /** The content, which may be empty. */
  readonly bytes: Uint8Array;
  /** The sender, in canonical spelling; you can pass it to `sendTo`. */
  readonly from: UdpAddress;
  /**
   * The destination: an address of this machine, a multicast group, or a broadcast address. The portable engine does not
   * know it, and reports the address that the socket is bound to.
   */
  readonly local: UdpAddress;
}

export interface InboxParts {
  readonly name: () => string;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly turn: Turn;
  /** Called with the number of dropped datagrams: the first of a run at once, the rest when there is room again. */
  readonly dropped: (count: number) => void;
  /** Called when a read begins to wait, and when it no longer does. */
  readonly awaited: (awaited: "no" | "yes" | "own time") => void;
}

/** Overhead of a queued datagram, so that empty ones cannot fill the memory either. */
const costBytes = 256;

interface PendingRead {
  readonly resolve: (datagram: Datagram | null) => void;
  readonly reject: (error: unknown) => void;
  /** Removes its timer and its abort listener, if any. */
  release: () => void;
}

export class DatagramInbox implements TurnWaiter {
  readonly #parts: InboxParts;
  #queue: Datagram[] = [];
  #queuedBytes = 0;
  #pending: PendingRead | undefined;
  /** Datagrams that were ready, since the reader last waited or asked for more of the turn. */
  #taken = 0;
  /** Whether that read waits for its turn (turn.ts), not for a datagram; and whether it has an entry in the queue. */
  #waitsForTurn = false;
  #isQueued = false;
  /** Dropped in the current run, and not reported yet. */
  #unreported = 0;
  #dropping = false;
  /** The error of the next read, once. */
  #failure: NetError | undefined;
  /** Set when no more datagrams will arrive: closed (`null`), or the error. */
  #end: { readonly error: NetError | null } | undefined;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Adds a datagram; returns `false` if there is no room. */
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

  /** Fails one read: the one in progress, or the next one that finds no datagram. */
  fail(error: NetError): void {
    const pending = this.#pending;
    if (pending === undefined || this.#waitsForTurn) {
      this.#failure = error;
      return;
    }
    this.#settle(pending);
    pending.reject(error);
  }

  /** No more datagrams will arrive. Queued ones can still be read; then reads get the end or the error. */
  finish(error: NetError | null): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#reportDropped();
    const pending = this.#pending;
    if (pending === undefined || this.#waitsForTurn) return;
    this.#settle(pending);
    if (error === null) pending.resolve(null);
    else pending.reject(error);
  }

  /**
   * Reads the next datagram; `null` at the end. `shape` converts it to the result of the promise.
   *
   * @throws {TypeError} at once, if a read is in progress, or for an invalid option.
   */
  read<Result>(shape: (datagram: Datagram | null) => Result, options: ReadOptions = {}): Promise<Result> {
    checkReadOptions(options);
    if (this.#pending !== undefined) {
      throw new TypeError("receive: another read of this socket is in progress; one reader at a time");
    }
    this.#waitsForTurn = this.#queue.length > 0 && !this.#hasRoom();
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

  /** Continues a read that has waited for its turn. */
  takeTurn(): void {
    this.#isQueued = false;
    const pending = this.#pending;
    if (pending === undefined || !this.#waitsForTurn) return;
    this.#taken = 0;
    const first = this.#take() as Datagram;
    this.#settle(pending);
    pending.resolve(first);
  }

  /** Whether this turn has room for more ready datagrams. */
  #hasRoom(): boolean {
    const { turn } = this.#parts;
    if (this.#taken < turn.stepsAtOnce) return true;
    if (!turn.hasRoomFor(this.#taken)) return false;
    this.#taken = 0;
    return true;
  }

  #take(): Datagram | undefined {
    const first = this.#queue.shift();
    if (first === undefined) return undefined;
    this.#queuedBytes -= first.bytes.length + costBytes;
    this.#reportDropped();
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
    const cancel = (error: unknown): void => {
      this.#settle(pending);
      pending.reject(error);
    };
    const late = (): void => {
      if (this.#waitsForTurn) {
        // A datagram is ready, so the sender is not late.
        const first = this.#take() as Datagram;
        this.#settle(pending);
        pending.resolve(first);
        return;
      }
      cancel(
        new NetError({
          code: "ERR_READ_TIMEOUT",
          stage: "receive",
          address: this.#parts.name(),
          happened: `nothing to read in ${timeoutMs} ms`,
          option: "timeoutMs",
        }),
      );
    };
    const stopListening = signal && onAbort(signal, () => cancel(signal.reason));
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
    } else if (!this.#isQueued) {
      this.#isQueued = true;
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
      this.#unreported++;
      return;
    }
    this.#dropping = true;
    this.#parts.dropped(1);
  }

  /** There is room again: the run of dropped datagrams is over. */
  #reportDropped(): void {
    this.#dropping = false;
    if (this.#unreported === 0) return;
    const count = this.#unreported;
    this.#unreported = 0;
    this.#parts.dropped(count);
  }
}
