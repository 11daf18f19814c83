/**
 * Callers that wait on a connection: for room, for a flush, or for its close.
 *
 * A write ends at a position in the stream. Writers resume in the order of their calls. A writer resumes
 * when at most `writeAheadBytes` up to its position are unsent, and all of those are copies. Bytes written
 * after its position do not delay it. A flush waits until everything up to its position is sent.
 */
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { ByteConnection } from "./byte-connection.ts";
import { handled, type SendingSide } from "./message-reader.ts";

interface Waiter {
  /** The position in the stream, as `ByteConnection.bytesWritten` counts. */
  readonly end: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Positions in a list never decrease, so the waiters that can resume are at its front. */
interface Waiters {
  list: Waiter[];
  first: number;
}

export class SendWaiters implements SendingSide {
  readonly #connection: ByteConnection;
  /** Created when a caller waits for the first time. */
  #writers: Waiters | undefined = undefined;
  #flushers: Waiters | undefined = undefined;
  #ended: Promise<CloseInfo> | undefined = undefined;
  #resolveEnded: ((closeInfo: CloseInfo) => void) | undefined = undefined;

  constructor(connection: ByteConnection) {
    this.#connection = connection;
  }

  /** Resolves to the close info when the connection has closed. */
  get ended(): Promise<CloseInfo> {
    return (this.#ended ??= this.#endedPromise());
  }

  #endedPromise(): Promise<CloseInfo> {
    const { closeInfo } = this.#connection;
    if (closeInfo !== undefined) return Promise.resolve(closeInfo);
    return new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Whether an earlier write has not resolved. */
  get writing(): boolean {
    return waits(this.#writers);
  }

  /** A promise that resolves when the writer of the last bytes may continue; `undefined` if it may now. */
  written(): Promise<void> | undefined {
    const connection = this.#connection;
    const end = connection.bytesWritten;
    if (connection.closeInfo !== undefined) return this.#refused();
    if (!this.writing && connection.mayContinueWriting(end)) return undefined;
    const promise = wait((this.#writers ??= { list: [], first: 0 }), end);
    connection.writersChanged(1);
    return promise;
  }

  /** A promise that resolves when everything written so far is sent; `undefined` if it is. */
  flushed(): Promise<void> | undefined {
    const connection = this.#connection;
    if (connection.closeInfo !== undefined) return this.#refused();
    if (connection.pendingBytes === 0) return undefined;
    const flushers = (this.#flushers ??= { list: [], first: 0 });
    // One promise per position, however often a caller flushes.
    const last = flushers.list.at(-1);
    if (last?.end === connection.bytesWritten && waits(flushers)) return last.promise;
    return wait(flushers, connection.bytesWritten);
  }

  /** Some bytes were sent. */
  serve(): void {
    const connection = this.#connection;
    if (this.#flushers !== undefined) serve(this.#flushers, (end) => end <= connection.bytesSent);
    if (this.#writers === undefined) return;
    const served = serve(this.#writers, (end) => connection.mayContinueWriting(end));
    if (served > 0) connection.writersChanged(-served);
  }

  /** The connection has closed. */
  end(closeInfo: CloseInfo): void {
    this.#fail();
    this.#resolveEnded?.(closeInfo);
  }

  #fail(): void {
    const all = [this.#writers, this.#flushers];
    this.#writers = undefined;
    this.#flushers = undefined;
    for (const waiters of all) {
      if (waiters === undefined) continue;
      serve(waiters, (end) => end <= this.#connection.bytesSent);
      if (waits(waiters)) this.#reject(waiters);
    }
  }

  #reject({ list, first }: Waiters): void {
    const error = this.#reason();
    for (const waiter of list.slice(first)) waiter.reject(error);
  }

  #refused(): Promise<void> | undefined {
    const unsent = this.#connection.closeInfo?.bytesUnsent ?? 0;
    return unsent === 0 ? undefined : handled(Promise.reject(this.#reason()));
  }

  /** The reason why queued bytes will not be sent. */
  #reason(): NetError {
    const { closeInfo, name } = this.#connection;
    if (closeInfo?.error !== undefined) return closeInfo.error;
    return new NetError({
      code: "ERR_CLOSED",
      stage: "send",
      address: name,
      happened: "the connection has ended",
    });
  }
}

function waits(waiters: Waiters | undefined): boolean {
  return waiters !== undefined && waiters.first < waiters.list.length;
}

function wait(waiters: Waiters, end: number): Promise<void> {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = handled(
    new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    }),
  );
  waiters.list.push({ end, promise, resolve, reject });
  return promise;
}

/** Resolves the waiters at the front for which `isServed` holds; returns their number. */
function serve(waiters: Waiters, isServed: (end: number) => boolean): number {
  const { list, first } = waiters;
  let next = first;
  for (; next < list.length; next++) {
    const waiter = list[next] as Waiter;
    if (!isServed(waiter.end)) break;
    waiter.resolve();
  }
  if (next === list.length) {
    waiters.list = [];
    waiters.first = 0;
  } else if (next >= 64 && next * 2 >= list.length) {
    waiters.list = list.slice(next);
    waiters.first = 0;
  } else {
    waiters.first = next;
  }
  return next - first;
}
