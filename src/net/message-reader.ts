/**
 * The receiving side of a connection: what came, read by asking for it.
 *
 * Owns the bytes that have come and have not been asked for, and the one read
 * that may be under way. Every way of reading is a decoder on the same bytes, so
 * they can be mixed, and changing the codec loses nothing.
 */
import { checkOptions } from "../base/option-checks.ts";
import { abortSignal } from "../base/arguments.ts";
import { onAbort } from "../base/abort.ts";
import { ByteQueue } from "../base/byte-queue.ts";
import { NetError } from "../base/errors.ts";
import { CodecError, type Decoder, type Layer } from "../codec/index.ts";
import type { ByteConnection } from "./byte-connection.ts";
import { handlerFailure } from "./closing.ts";
import { durationOf } from "./settings.ts";

/** Options of one read. */
export interface ReadOptions {
  /** Gives this read up; no byte is lost. */
  readonly signal?: AbortSignal | undefined;
  /** Gives this read up after so many milliseconds; no byte is lost. */
  readonly timeoutMs?: number | undefined;
}

/** Those of every way of reading; what else a way has, it has looked at before. */
const readOptionChecks = {
  signal: abortSignal,
  timeoutMs: (name: string, value: unknown) => durationOf(name, value as number),
  lineBytesMax: true,
  messageBytesMax: true,
  encoding: true,
} as const;

/** @throws {TypeError} for an option that is none, or cannot be. */
export function checkReadOptions(options: ReadOptions): void {
  checkOptions<object>("read", options, readOptionChecks);
}

/** The read under way. */
class PendingRead {
  readonly decoder: Decoder<unknown>;
  readonly promise: Promise<unknown>;
  /** Unsets its timer and its signal, if it has any. */
  release: (() => void) | undefined;
  readonly #shape: (message: unknown) => unknown;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(decoder: Decoder<unknown>, shape: (message: unknown) => unknown) {
    this.decoder = decoder;
    this.#shape = shape;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(message: unknown): void {
    this.#resolve(this.#shape(message));
  }

  reject(error: unknown): void {
    // Only now: marking every read as looked after would cost a promise for each.
    void handled(this.promise);
    this.#reject(error);
  }
}

export class MessageReader {
  readonly #connection: ByteConnection;
  readonly #bytes = new ByteQueue();
  #pending: PendingRead | undefined;
  #layer: Layer | undefined;
  #paused = false;
  /** Nothing more will come: the peer's FIN (`null`), or why. */
  #end: { readonly error: Error | null } | undefined;

  constructor(connection: ByteConnection) {
    this.#connection = connection;
    connection.patience.awaitPeer(false);
  }

  /** Bytes that have come and have not been asked for. */
  get bufferedBytes(): number {
    return this.#bytes.length;
  }

  /** Whether a read is under way. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** More bytes have come. */
  push(view: Uint8Array): void {
    const { engine } = this.#connection.settings;
    this.#receive(engine.stableViews ? view : new Uint8Array(view));
    if (this.#pending !== undefined) this.#serve(this.#pending);
    if (
      this.#pending === undefined &&
      !this.#paused &&
      this.#bytes.length >= this.#connection.settings.readBufferBytesMax
    ) {
      this.#paused = true;
      this.#connection.pause();
    }
  }

  /** From here on, what is read has come through the layer; what is here goes through it now. */
  useLayer(layer: Layer): void {
    const here = this.#bytes.takeAll();
    this.#layer = layer;
    if (here.length > 0) this.#receive(here);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#layer === undefined) {
      this.#bytes.push(chunk);
      return;
    }
    try {
      this.#layer.receive(chunk, (data) => {
        this.#bytes.push(data);
      });
    } catch (thrown) {
      const verdict = handlerFailure(this.#failure(thrown), this.#connection.name);
      this.finish(verdict.error ?? null);
      this.#connection.close(verdict);
    }
  }

  /** Nothing more will come. What is here can still be read; then the end, or the error. */
  finish(error: Error | null): void {
    if (this.#end !== undefined && (this.#end.error !== null || error === null)) return;
    this.#end = { error };
    if (this.#pending !== undefined) this.#serve(this.#pending);
  }

  /**
   * Reads what `decoder` takes next; `null` at the end. `shape` makes of it what
   * the promise resolves to, so that no second promise is needed for that.
   *
   * @throws {TypeError} at once, if a read is under way, or for a time-out that is none.
   */
  read<Message, Result>(
    decoder: Decoder<Message>,
    shape: (message: Message | null) => Result,
    options?: ReadOptions,
  ): Promise<Result> {
    if (options !== undefined) checkReadOptions(options);
    if (this.#pending !== undefined) {
      throw new TypeError("read: another read of this connection is under way; one reader at a time");
    }
    let message: Message | null | undefined;
    try {
      message = this.#take(decoder);
    } catch (error) {
      return handled(Promise.reject(this.#failure(error) as Error));
    }
    if (message !== undefined) return Promise.resolve(shape(message));
    return this.#wait(decoder, shape, options);
  }

  #wait<Message, Result>(
    decoder: Decoder<Message>,
    shape: (message: Message | null) => Result,
    options: ReadOptions | undefined,
  ): Promise<Result> {
    if (options?.signal?.aborted === true) return handled(Promise.reject(options.signal.reason as Error));
    const pending = new PendingRead(decoder, shape as (message: unknown) => unknown);
    if (options !== undefined) pending.release = this.#giveUpWhen(options);
    this.#pending = pending;
    this.#connection.patience.awaitPeer(true);
    this.#wantMore();
    return pending.promise as Promise<Result>;
  }

  /** Tries to take a message: `undefined` when more must come first, `null` at the end. */
  #take<Message>(decoder: Decoder<Message>): Message | null | undefined {
    const message = decoder.decode(this.#bytes);
    if (message !== undefined) {
      this.#connection.patience.messageEnded();
      if (this.#paused && this.#bytes.length * 2 <= this.#connection.settings.readBufferBytesMax)
        this.#wantMore();
      return message;
    }
    if (this.#end === undefined) {
      if (this.#bytes.length > 0) this.#connection.patience.messageBegan();
      return undefined;
    }
    if (this.#end.error !== null) throw this.#end.error;
    return decoder.end(this.#bytes) ?? null;
  }

  /** Tries again for the read under way, and settles it if that is enough. */
  #serve(pending: PendingRead): void {
    let message: unknown;
    try {
      message = this.#take(pending.decoder);
    } catch (error) {
      this.#fail(pending, this.#failure(error));
      return;
    }
    if (message === undefined) return;
    this.#connection.patience.answered();
    this.#settle(pending);
    pending.resolve(message);
  }

  #fail(pending: PendingRead, error: unknown): void {
    this.#connection.patience.awaitPeer(false);
    this.#settle(pending);
    pending.reject(error);
  }

  #settle(pending: PendingRead): void {
    this.#pending = undefined;
    pending.release?.();
  }

  #wantMore(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#connection.resume();
  }

  /** Gives the read up when its signal or its time says so; returns how to call that off. */
  #giveUpWhen(options: ReadOptions): () => void {
    const giveUp = (error: unknown): void => {
      this.#fail(this.#pending as PendingRead, error);
    };
    const { signal, timeoutMs } = options;
    const stopListening = signal && onAbort(signal, () => giveUp(signal.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : this.#connection.settings.clock.after(timeoutMs, () => {
            const happened = `not enough to read in ${timeoutMs} ms`;
            giveUp(this.#error("ERR_READ_TIMEOUT", happened, "timeoutMs"));
          });
    return () => {
      stopListening?.();
      timer?.cancel();
    };
  }

  /** An error of a decoder, told as what happened on this connection. */
  #failure(error: unknown): unknown {
    if (!(error instanceof CodecError)) return error;
    return this.#error(codecErrorCodes[error.kind], error.message, error.option, error);
  }

  #error(code: NetError["code"], happened: string, option?: string, cause?: unknown): NetError {
    const address = this.#connection.name;
    return new NetError({ code, stage: "receive", address, happened, option, cause });
  }
}

const codecErrorCodes = {
  "too-long": "ERR_MESSAGE_TOO_LONG",
  invalid: "ERR_MESSAGE_INVALID",
  truncated: "ERR_TRUNCATED",
} as const satisfies Record<CodecError["kind"], string>;

/**
 * Marks a promise as looked after: whoever awaits it still gets the error, but
 * nobody awaiting it is no reason to end the process; a peer could cause that.
 */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {
  // See `handled`.
}
