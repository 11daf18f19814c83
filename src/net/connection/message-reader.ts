/**
 * The receiving side of a connection: what came, read by asking for it.
 *
 * Owns the bytes that have come and have not been asked for, and the one read
 * that may be under way. Every way of reading is a decoder on the same bytes, so
 * they can be mixed, and changing the codec loses nothing.
 */
import { checkOptions } from "../../base/option-checks.ts";
import { abortSignal, duration } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { ByteQueue } from "../../base/byte-queue.ts";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import { CodecError, type Decoder, type Layer } from "../../codec/index.ts";
import type { ByteConnection, ByteEvents } from "./byte-connection.ts";
import { handlerFailure } from "./close-info.ts";
import { LayerInput, type LayerOwner } from "./layer-input.ts";
import { stepsOf, type InLine } from "../timing/turn.ts";

/** Options of one read. */
export interface ReadOptions {
  /** Gives this read up; no byte is lost. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives this read up after so many milliseconds (`ERR_READ_TIMEOUT`); no byte is lost, and the connection stays open.
   * The read waits that long, though a default deadline of the connection is shorter: of `firstByteTimeoutMs`,
   * `idleTimeoutMs` and `messageTimeoutMs` only what was given explicitly counts beside it. `Infinity` waits for good.
   */
  readonly timeoutMs?: number | undefined;
}

/** Those of every way of reading; what else a way has, it has looked at before. */
const readOptionChecks = {
  signal: abortSignal,
  timeoutMs: duration,
  lineBytesMax: true,
  messageBytesMax: true,
  encoding: true,
} as const;

/** @throws {TypeError} for an option that is none, or cannot be. */
export function checkReadOptions(options: ReadOptions): void {
  checkOptions<object>("read", options, readOptionChecks);
}

/** The functions of a promise that is made: see `Reading.begin`. */
let resolveNext: (value: unknown) => void;

/** One for all reads: a function of its own would cost each of them more than the promise. */
function keepResolve(resolve: (value: unknown) => void): void {
  resolveNext = resolve;
}

/** A way of reading, and the read by it that is under way, if there is one. A loop has one for all of its reads. */
export class Reading {
  decoder: Decoder<unknown>;
  /** Makes of a message what the promise of the read resolves to. */
  readonly shape: (message: unknown) => unknown;
  /** Unsets its timer and its signal, if it has any. */
  release: (() => void) | undefined = undefined;
  #promise: Promise<unknown> | undefined = undefined;
  #resolve: ((value: unknown) => void) | undefined = undefined;

  constructor(decoder: Decoder<unknown>, shape: (message: unknown) => unknown) {
    this.decoder = decoder;
    this.shape = shape;
  }

  /** A read begins, and ends with `resolve` or `reject`. */
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
    // Only now: marking every read as looked after would cost a promise for each.
    if (this.#promise !== undefined) void handled(this.#promise);
    // By way of a second promise: a function to reject the first one would cost each read that waits.
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

/** More than one read of an engine. What has grown so long is not decoded in a turn that is used up. */
const longBytes = 131_072;

/** Whether the read under way waits for its turn: no, no but a read that was given up has left a place in line, yes. */
const notInLine = 0;
const placeLeft = 1;
const waitsForTurn = 2;

/** Who is told, besides the reader, what happens on a connection. */
export interface SendingSide {
  /** Some of what was written has been sent. */
  serve(): void;
  /** It is over. */
  end(closeInfo: CloseInfo): void;
}

export class MessageReader implements ByteEvents, InLine, LayerOwner {
  /** What reads that name no other way are read by: the codec's. */
  decoder: Decoder<unknown>;
  /** Set when there is somebody to tell. */
  sendingSide: SendingSide | undefined = undefined;
  readonly #connection: ByteConnection;
  readonly #bytes = new ByteQueue();
  #pending: Reading | undefined = undefined;
  #layer: LayerInput | undefined = undefined;
  #paused = false;
  /** Steps for messages that were ready, since this reader last waited or asked for more of the turn. */
  #taken = 0;
  #line = notInLine;
  /** Nothing more will come: the peer's FIN (`null`), or why. */
  #end: { readonly error: Error | null } | undefined = undefined;

  constructor(connection: ByteConnection, decoder: Decoder<unknown>) {
    this.#connection = connection;
    this.decoder = decoder;
    connection.timeouts.awaitPeer(false);
  }

  /** Bytes that have come and have not been asked for. */
  get bufferedBytes(): number {
    return this.#bytes.length + (this.#layer?.waitingBytes ?? 0);
  }

  /** Whether a read is under way. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  // ── ByteEvents ──

  /** More bytes have come. */
  bytes(_connection: ByteConnection, view: Uint8Array): void {
    const { engine, readBufferBytesMax } = this.#connection.settings;
    const pending = this.#pending;
    if (engine.stableViews) this.#push(view);
    else if (
      pending?.decoder.ownsMessages === true &&
      this.#layer === undefined &&
      this.#bytes.length === 0 &&
      this.#line !== waitsForTurn
    )
      this.#serveWhereItLies(pending, view);
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
   * Long messages of many connections can be complete in one batch. Decoding them all at once, with what their readers
   * then do, would hold the event loop for the sum of it.
   */
  #serveInTurn(pending: Reading): void {
    if (this.#bytes.length > longBytes && this.#connection.settings.turn.stepsAtOnce === 0)
      this.#standInLine();
    else this.#serve(pending);
  }

  /** The message is made from the engine's own memory, and only what is behind it is copied. */
  #serveWhereItLies(pending: Reading, view: Uint8Array): void {
    this.#bytes.push(view);
    try {
      this.#serve(pending);
    } finally {
      this.#bytes.own();
    }
  }

  /** From here on, what is read has come through the layer; what is here goes through it now. */
  useLayer(layer: Layer): void {
    const here = this.#bytes.takeAll();
    this.#layer = new LayerInput(layer, this.#connection.settings.turn, this);
    if (here.length > 0) this.#receive(here);
    // Reads find the end as soon as no message is ready, so nothing may be on its way behind it.
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

  wentOn(): void {
    if (this.#awaitsPeer()) this.#serve(this.#pending as Reading);
    if (this.#awaitsPeer()) this.#wantMore();
    else this.#readAgainIfEmptier();
  }

  layerFailed(thrown: unknown): void {
    const verdict = handlerFailure(this.#failure(thrown), this.#connection.name);
    this.finish(verdict.error ?? null);
    this.#connection.close(verdict);
  }

  /** Whether bytes wait to go through the layer: until then, no more are read from the peer. */
  #layerIsBehind(): boolean {
    return this.#layer !== undefined && this.#layer.waitingBytes > 0;
  }

  /** Nothing more will come. What is here can still be read; then the end, or the error. */
  finish(error: Error | null): void {
    this.#layer?.flush();
    if (this.#end !== undefined && (this.#end.error !== null || error === null)) return;
    this.#end = { error };
    if (this.#awaitsPeer()) this.#serve(this.#pending as Reading);
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
    const reading = new Reading(decoder, shape as (message: unknown) => unknown);
    return this.readBy(reading, options) as Promise<Result>;
  }

  /** The same, by a way of reading that has no read under way. */
  readBy(reading: Reading, options?: ReadOptions): Promise<unknown> {
    if (this.#pending !== undefined) {
      throw new TypeError("read: another read of this connection is under way; one reader at a time");
    }
    if (this.#taken >= this.#connection.settings.turn.stepsAtOnce && !this.#mayGoOn()) {
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
    this.#taken += stepsOf(before - this.#bytes.length);
    if (this.#paused) this.#readAgainIfEmptier();
    return Promise.resolve(reading.shape(message));
  }

  #begin(reading: Reading, options: ReadOptions | undefined, waitsForItsTurn: boolean): Promise<unknown> {
    if (options?.signal?.aborted === true) return handled(Promise.reject(options.signal.reason as Error));
    const promise = reading.begin();
    if (options !== undefined) reading.release = this.#giveUpWhen(options);
    if (options?.timeoutMs !== undefined) this.#connection.timeouts.readHasOwnTime();
    this.#pending = reading;
    if (waitsForItsTurn) this.#standInLine();
    else this.#awaitPeer();
    return promise;
  }

  /** Whether a read waits for what the peer sends, not for its turn. */
  #awaitsPeer(): boolean {
    return this.#pending !== undefined && this.#line !== waitsForTurn;
  }

  #awaitPeer(): void {
    this.#taken = 0;
    this.#connection.timeouts.awaitPeer(true);
    this.#wantMore();
  }

  // ── sharing the event loop: see turn.ts ──

  /** Counts messages that were taken all at once. */
  tookBatch(messages: number): void {
    this.#connection.settings.turn.charge(messages);
  }

  /** The turn has come for a read that had to wait for it. */
  goOn(): void {
    const waits = this.#line === waitsForTurn;
    this.#line = notInLine;
    if (!waits) return;
    const pending = this.#pending as Reading;
    this.#taken = 0;
    this.#serve(pending);
    if (this.#pending === pending) this.#awaitPeer();
  }

  /**
   * Gives a read that waits for its turn the message that is ready, as its time is up. Returns whether it is settled: the
   * peer must not be blamed for the time that others take.
   */
  #settleInLine(): boolean {
    if (this.#line !== waitsForTurn) return false;
    this.#line = placeLeft;
    this.#serve(this.#pending as Reading);
    return this.#pending === undefined;
  }

  /** Whether this turn has room for more messages that are ready. */
  #mayGoOn(): boolean {
    if (this.#bytes.length === 0) return true;
    if (!this.#connection.settings.turn.goesOn(this.#taken)) return false;
    this.#taken = 0;
    return true;
  }

  #standInLine(): void {
    if (this.#line === notInLine) this.#connection.settings.turn.wait(this);
    this.#line = waitsForTurn;
  }

  /** Tries to take a message: `undefined` when more must come first, `null` at the end. */
  #take<Message>(decoder: Decoder<Message>): Message | null | undefined {
    const message = decoder.decode(this.#bytes);
    if (message !== undefined) {
      this.#connection.timeouts.messageEnded();
      return message;
    }
    if (this.#end === undefined) {
      if (this.#bytes.length > 0) this.#connection.timeouts.messageBegan();
      return undefined;
    }
    if (this.#end.error !== null) throw this.#end.error;
    return decoder.end(this.#bytes) ?? null;
  }

  /** Tries again for the read under way, and settles it if that is enough. */
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
    // A short message that was waited for is free.
    const steps = stepsOf(before - this.#bytes.length) - 1;
    if (steps > 0) this.#connection.settings.turn.charge(steps);
    this.#connection.timeouts.answered();
    this.#pending = undefined;
    pending.resolve(message);
    if (this.#paused) this.#readAgainIfEmptier();
  }

  #fail(pending: Reading, error: unknown): void {
    this.#connection.timeouts.awaitPeer(false);
    this.#pending = undefined;
    if (this.#line === waitsForTurn) this.#line = placeLeft;
    pending.reject(error);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#connection.pause();
  }

  /**
   * Reads from the peer again when half of the buffer is free. Bytes that a rate held back come during this call: the
   * read that made the room must be settled by then, or the next message would overtake its own.
   */
  #readAgainIfEmptier(): void {
    if (this.#bytes.length * 2 <= this.#connection.settings.readBufferBytesMax) this.#wantMore();
  }

  #wantMore(): void {
    if (!this.#paused || this.#layerIsBehind()) return;
    this.#paused = false;
    this.#connection.resume();
  }

  /** Gives the read up when its signal or its time says so; returns how to call that off. */
  #giveUpWhen(options: ReadOptions): () => void {
    const giveUp = (error: unknown): void => {
      this.#fail(this.#pending as Reading, error);
    };
    const { signal, timeoutMs } = options;
    const stopListening = signal && onAbort(signal, () => giveUp(signal.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : this.#connection.settings.clock.after(timeoutMs, () => {
            if (this.#settleInLine()) return;
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
