/**
 * Those who wait until enough of what was written has been sent.
 */
import { NetError } from "../base/errors.ts";
import type { ByteConnection } from "./byte-connection.ts";
import { handled } from "./message-reader.ts";

interface SendWaiter {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SendWaiters {
  readonly #connection: ByteConnection;
  #waiters: SendWaiter[] | undefined;

  constructor(connection: ByteConnection) {
    this.#connection = connection;
  }

  /** A promise for when no more than `bytes` wait to be sent; `undefined` if that is so now. */
  until(bytes: number): Promise<void> | undefined {
    const { ending } = this.#connection;
    if (ending !== undefined) {
      return ending.bytesUnsent === 0 ? undefined : handled(Promise.reject(this.#whyNot()));
    }
    if (this.#connection.pendingBytes <= bytes) return undefined;
    return handled(
      new Promise((resolve, reject) => {
        this.#waiters ??= [];
        this.#waiters.push({ bytes, resolve, reject });
      }),
    );
  }

  /** Some bytes were sent. */
  serve(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    const pending = this.#connection.pendingBytes;
    this.#waiters = waiters.filter((waiter) => pending > waiter.bytes);
    for (const waiter of waiters) if (pending <= waiter.bytes) waiter.resolve();
  }

  /** Nothing more will be sent. */
  fail(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    const error = this.#whyNot();
    for (const waiter of waiters) waiter.reject(error);
  }

  /** Why what waits will not be sent. */
  #whyNot(): NetError {
    const { ending, name } = this.#connection;
    if (ending?.error !== undefined) return ending.error;
    return new NetError({
      code: "ERR_CLOSED",
      stage: "send",
      address: name,
      happened: "the connection has ended",
    });
  }
}
