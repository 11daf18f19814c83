/**
 * The receiving side of a connection: received bytes, read on demand.
 *
 * Owns the bytes that are received but not yet read, and the one read that may be in progress. Every
 * way of reading is a decoder on the same bytes. You can therefore mix them, and change the codec
 * without losing data.
 */
import { checkOptions } from "../../base/option-checks.ts";
import { abortSignal, duration } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { ByteQueue } from "../../base/byte-queue.ts";
import { noBytes } from "../../base/bytes.ts";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import { CodecError, type Decoder, type Layer } from "../../codec/index.ts";
import type { ByteConnection, ByteEvents } from "./byte-connection.ts";
import { handlerFailure } from "./close-info.ts";
import { LayerInput, type LayerOwner } from "./layer-input.ts";
import { stepsOf, type TurnWaiter } from "../timing/turn.ts";

/** Options of one read. */
export interface ReadOptions {
  /** Cancels this read; no byte is lost. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Timeout of this read in milliseconds (`ERR_READ_TIMEOUT`). No byte is lost, and the connection stays open. It
   * overrides the default values of `firstByteTimeoutMs`, `idleTimeoutMs` and `messageTimeoutMs`; values that you set
   * explicitly still apply. `Infinity` waits without limit.
   */
  readonly timeoutMs?: number | undefined;
}

/** Checks of the options of all ways of reading. `true`: the caller has checked it. */
const readOptionChecks = {
  signal: abortSignal,
  timeoutMs: duration,
  lineBytesMax: true,
  messageBytesMax: true,
  encoding: true,
} as const;

/** @throws {TypeError} for an unknown option or an invalid value. */
export function checkReadOptions(options: ReadOptions): void {
  checkOptions<object>("read", options, readOptionChecks);
}

/** The `resolve` function of the promise just created: see `Reading.begin`. */
let resolveNext: (value: unknown) => void;

/** Shared by all reads: a closure per read would cost more than the promise. */
function keepResolve(resolve: (value: unknown) => void): void {
  resolveNext = resolve;
}

/** A way of reading, and its read in progress, if any. A loop uses one for all of its reads. */
export class Reading {
  decoder: Decoder<unknown>;
  /** Converts a message to the result of the read. */
  readonly shape: (message: unknown) => unknown;
  /** Removes its timer and its abort listener, if any. */
  release: (() => void) | undefined = undefined;
  /** Whether the read in progress has a `timeoutMs`. */
  hasOwnTimeout: boolean = false;
  #promise: Promise<unknown> | undefined = undefined;
  #resolve: ((value: unknown) => void) | undefined = undefined;

  constructor(decoder: Decoder<unknown>, shape: (message: unknown) => unknown) {
    this.decoder = decoder;
    this.shape = shape;
  }

  /** Begins a read, which `resolve` or `reject` ends. */
  begin(): Promise<unknown> {
    const promise = new Promise(keepResolve);
    this.#promise = promise;
    this.#resolve = resolveNext;
    return promise;
  }

  resolve(message: unknown): void {
    const resolve = this.#end();
    resolve?.(this.shape(message));
  }

  reject(reason: unknown): void {
    // Marked as handled only now: doing so for every read would cost a promise each.
    if (this.#promise !== undefined) void handled(this.#promise);
    // Rejects through a second promise: keeping a reject function would cost memory for every waiting read.
    this.#end()?.(handled(Promise.reject(reason as Error)));
  }

  #end(): ((value: unknown) => void) | undefined {
    const resolve = this.#resolve;
    this.#promise = undefined;
    this.#resolve = undefined;
    this.release?.();
    this.release = undefined;
    return resolve;
  }
}

/** More than an engine reads at once. Longer input is not decoded in a turn whose budget is used up. */
const longBytes = 131_072;

/** Whether the read in progress waits for its turn: no; no, but a cancelled read has left an entry in the queue; yes. */
const notQueued = 0;
const staleEntry = 1;
const waitsForTurn = 2;

/** Receives the events of the sending side. */
export interface SendingSide {
  /** Called when some of what was written has been sent. */
  serve(): void;
  /** Called when the connection has closed. */
  end(closeInfo: CloseInfo): void;
}

export class MessageReader implements ByteEvents, TurnWaiter, LayerOwner {
  /** The codec's decoder, for reads that use no other. */
  decoder: Decoder<unknown>;
  /** Set once a caller waits on the sending side. */
  sendingSide: SendingSide | undefined = undefined;
  readonly #connection: ByteConnection;
  readonly #bytes = new ByteQueue();
  #pending: Reading | undefined = undefined;
  #layer: LayerInput | undefined = undefined;
  #paused = false;
  /** Steps for messages that were ready, since this reader last waited or asked for more of the turn. */
  #taken = 0;
  #turnState = notQueued;
  /** Set when no more bytes will arrive: by the peer's FIN (`null`) or an error. */
  #end: { readonly error: Error | null } | undefined = undefined;

  constructor(connection: ByteConnection, decoder: Decoder<unknown>) {
    this.#connection = connection;
    this.decoder = decoder;
    connection.waitForReads();
  }

  /** Bytes received but not yet read. */
  get bufferedBytes(): number {
    return this.#bytes.length + (this.#layer?.waitingBytes ?? 0);
  }

  get busy(): boolean {
    return this.#pending !== undefined || this.#connection.isSecuring;
  }

  /** Whether what is unread has come through a layer. */
  get isDecoded(): boolean {
    return this.#layer !== undefined;
  }

  /** Takes what is unread. */
  takeUnread(): Uint8Array {
    this.#layer?.flush();
    const unread = this.#bytes.length === 0 ? noBytes : this.#bytes.takeAll();
    if (this.#paused) this.#resumeIfHalfEmpty();
    return unread;
  }

  // ── ByteEvents ──

  bytes(_connection: ByteConnection, view: Uint8Array): void {
    const { readBufferBytesMax } = this.#connection.settings;
    const pending = this.#pending;
    if (this.#connection.stableViews) this.#push(view);
    else if (
      pending?.decoder.ownsMessages === true &&
      this.#layer === undefined &&
      this.#bytes.length === 0 &&
      this.#turnState !== waitsForTurn
    )
      this.#decodeInPlace(pending, view);
    else this.#push(new Uint8Array(view));
    if (this.#layerIsBehind() || (!this.#awaitsPeer() && this.#bytes.length >= readBufferBytesMax))
      this.#pause();
  }

  peerEnded(): void {
    this.finish(null);
  }

  drained(): void {
    this.sendingSide?.serve();
  }

  closed(_connection: ByteConnection, closeInfo: CloseInfo): void {
    this.finish(closeInfo.error ?? null);
    this.sendingSide?.end(closeInfo);
  }

  // ── reading ──

  #push(chunk: Uint8Array): void {
    this.#receive(chunk);
    if (this.#awaitsPeer()) this.#serveInTurn(this.#pending as Reading);
  }

  /**
   * Long messages of many connections can be complete in one batch. Decoding all of them at once, and running their
   * readers, would block the event loop for the sum of the times.
   */
  #serveInTurn(pending: Reading): void {
    if (this.#bytes.length > longBytes && this.#connection.settings.turn.stepsAtOnce === 0)
      this.#queueForTurn();
    else this.#serve(pending);
  }

  /** Decodes the message in the engine's own memory; only the bytes after it are copied. */
  #decodeInPlace(pending: Reading, view: Uint8Array): void {
    this.#bytes.push(view);
    try {
      this.#serve(pending);
    } finally {
      this.#bytes.own();
    }
  }

  /** Passes all input through the layer from now on, beginning with the unread bytes. */
  useLayer(layer: Layer): void {
    const here = this.#bytes.takeAll();
    this.#layer = new LayerInput(layer, this.#connection.settings.turn, this);
    if (here.length > 0) this.#receive(here);
    // Reads report the end as soon as no message is ready, so no input may be waiting in the layer then.
    if (this.#end !== undefined) this.#layer.flush();
    if (this.#layerIsBehind()) this.#pause();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#layer === undefined) this.#bytes.push(chunk);
    else this.#layer.receive(chunk);
  }

  // ── LayerOwner ──

  deliver(data: Uint8Array): void {
    this.#bytes.push(data);
  }

  inputProcessed(): void {
    if (this.#awaitsPeer()) this.#serve(this.#pending as Reading);
    if (this.#awaitsPeer()) this.#resumeReading();
    else this.#resumeIfHalfEmpty();
  }

  layerFailed(thrown: unknown): void {
    const cause = handlerFailure(this.#failure(thrown), this.#connection.name);
    this.finish(cause.error ?? null);
    this.#connection.close(cause);
  }

  /** Whether input waits to pass through the layer; until then, reading is paused. */
  #layerIsBehind(): boolean {
    return this.#layer !== undefined && this.#layer.waitingBytes > 0;
  }

  /** No more bytes will arrive. Buffered bytes can still be read; then reads get the end or the error. */
  finish(error: Error | null): void {
    this.#layer?.flush();
    if (this.#end !== undefined && (this.#end.error !== null || error === null)) return;
    this.#end = { error };
    if (this.#awaitsPeer()) this.#serve(this.#pending as Reading);
  }

  /**
   * Reads what `decoder` returns next; `null` at the end. `shape` converts it to the result of the
   * promise, which avoids a second promise.
   *
   * @throws {TypeError} at once, if a read is in progress, or for an invalid option.
   */
  read<Message, Result>(
    decoder: Decoder<Message>,
    shape: (message: Message | null) => Result,
    options?: ReadOptions,
  ): Promise<Result> {
    if (options !== undefined) checkReadOptions(options);
    const reading = new Reading(decoder, shape as (message: unknown) => unknown);
    return this.readBy(reading, options) as Promise<Result>;
  }

  /** The same with an existing `Reading` that has no read in progress. */
  readBy(reading: Reading, options?: ReadOptions): Promise<unknown> {
    if (this.#connection.isSecuring) throw new TypeError("read: startTls is in progress: await it first");
    if (this.#pending !== undefined) {
      throw new TypeError("read: another read of this connection is in progress; one reader at a time");
    }
    if (this.#taken >= this.#connection.settings.turn.stepsAtOnce && !this.#hasRoom()) {
      return this.#begin(reading, options, true);
    }
    let message: unknown;
    const before = this.#bytes.length;
    try {
      message = this.#take(reading.decoder);
    } catch (error) {
      return handled(Promise.reject(this.#failure(error) as Error));
    }
    if (message === undefined) return this.#begin(reading, options, false);
    this.#connection.readServed();
    this.#taken += stepsOf(before - this.#bytes.length);
    if (this.#paused) this.#resumeIfHalfEmpty();
    return Promise.resolve(reading.shape(message));
  }

  #begin(reading: Reading, options: ReadOptions | undefined, queues: boolean): Promise<unknown> {
    if (options?.signal?.aborted === true) return handled(Promise.reject(options.signal.reason as Error));
    const promise = reading.begin();
    if (options !== undefined) reading.release = this.#cancelOn(options);
    reading.hasOwnTimeout = options?.timeoutMs !== undefined;
    this.#pending = reading;
    if (queues) this.#queueForTurn();
    else this.#awaitPeer(reading);
    return promise;
  }

  /** Whether a read waits for the peer, not for its turn. */
  #awaitsPeer(): boolean {
    return this.#pending !== undefined && this.#turnState !== waitsForTurn;
  }

  #awaitPeer(reading: Reading): void {
    this.#taken = 0;
    this.#connection.readBegan(reading.hasOwnTimeout);
    this.#resumeReading();
  }

  // ── sharing the event loop: see turn.ts ──

  /** Counts messages taken in one batch. */
  tookBatch(messages: number): void {
    this.#connection.settings.turn.charge(messages);
  }

  /** Continues a read that has waited for its turn. */
  takeTurn(): void {
    const waits = this.#turnState === waitsForTurn;
    this.#turnState = notQueued;
    if (!waits) return;
    const pending = this.#pending as Reading;
    this.#taken = 0;
    this.#serve(pending);
    if (this.#pending === pending) this.#awaitPeer(pending);
  }

  /**
   * Settles a read whose timeout fires while it waits for its turn, if a message is ready. Returns whether it is settled:
   * time that other connections take must not count against the peer.
   */
  #settleWhileQueued(): boolean {
    if (this.#turnState !== waitsForTurn) return false;
    this.#turnState = staleEntry;
    this.#serve(this.#pending as Reading);
    return this.#pending === undefined;
  }

  /** Whether this turn has room for more ready messages. */
  #hasRoom(): boolean {
    if (this.#bytes.length === 0) return true;
    if (!this.#connection.settings.turn.hasRoomFor(this.#taken)) return false;
    this.#taken = 0;
    return true;
  }

  #queueForTurn(): void {
    if (this.#turnState === notQueued) this.#connection.settings.turn.wait(this);
    this.#turnState = waitsForTurn;
  }

  /** Takes a message if one is complete: `undefined` if more bytes are needed, `null` at the end. */
  #take<Message>(decoder: Decoder<Message>): Message | null | undefined {
    const message = decoder.decode(this.#bytes);
    if (message !== undefined) return message;
    if (this.#end === undefined) {
      if (this.#bytes.length > 0) this.#connection.messageIncomplete();
      return undefined;
    }
    if (this.#end.error !== null) throw this.#end.error;
    return decoder.end(this.#bytes) ?? null;
  }

  /** Tries to complete the read in progress. */
  #serve(pending: Reading): void {
    let message: unknown;
    const before = this.#bytes.length;
    try {
      message = this.#take(pending.decoder);
    } catch (error) {
      this.#fail(pending, this.#failure(error));
      return;
    }
    if (message === undefined) return;
    // A short message that a read has waited for is free of charge.
    const steps = stepsOf(before - this.#bytes.length) - 1;
    if (steps > 0) this.#connection.settings.turn.charge(steps);
    this.#connection.readServed();
    this.#pending = undefined;
    pending.resolve(message);
    if (this.#paused) this.#resumeIfHalfEmpty();
  }

  #fail(pending: Reading, error: unknown): void {
    this.#connection.readFailed();
    this.#pending = undefined;
    if (this.#turnState === waitsForTurn) this.#turnState = staleEntry;
    pending.reject(error);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#connection.pause();
  }

  /**
   * Resumes reading from the peer when half of the buffer is free. Throttled bytes may arrive during this call. The read
   * that made room must be settled before, or the next message would overtake its own.
   */
  #resumeIfHalfEmpty(): void {
    if (this.#bytes.length * 2 <= this.#connection.settings.readBufferBytesMax) this.#resumeReading();
  }

  #resumeReading(): void {
    if (!this.#paused || this.#layerIsBehind()) return;
    this.#paused = false;
    this.#connection.resume();
  }

  /** Cancels the read when its signal or its timer fires; returns a function that removes both. */
  #cancelOn(options: ReadOptions): () => void {
    const cancel = (error: unknown): void => {
      this.#fail(this.#pending as Reading, error);
    };
    const { signal, timeoutMs } = options;
    const stopListening = signal && onAbort(signal, () => cancel(signal.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : this.#connection.settings.clock.after(timeoutMs, () => {
            if (this.#settleWhileQueued()) return;
            const happened = `not enough to read in ${timeoutMs} ms`;
            cancel(this.#error("ERR_READ_TIMEOUT", happened, "timeoutMs"));
          });
    return () => {
      stopListening?.();
      timer?.cancel();
    };
  }

  /** Converts a decoder's error to a `NetError` of this connection. */
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
 * Marks a promise as handled. A caller that awaits it still gets the error. If no caller does, it is not
 * an unhandled rejection, which would end the process: a peer could cause that.
 */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function ignore(): void {
  // See `handled`.
}
