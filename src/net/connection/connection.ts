/**
 * What the user holds: one open connection, read and written by asking.
 *
 * Puts messages and promises on a `ByteConnection`; adds no state of the socket's
 * own. The receiving side is message-reader.ts, the sending side's queue and all
 * deadlines are byte-connection.ts.
 *
 *     send(message) ─▶ codec.encode ─▶ write ─▶ write queue ─▶ wire ─▶ peer
 *     for await ◀── codec.decoder ◀── bytes that came ◀────── wire ◀─┘
 *
 * A layer, where there is one, stands right beneath the codec in both directions.
 */
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import type { Address } from "../../base/address/address.ts";
import {
  bytesToSend,
  codec as checkCodec,
  limit,
  oneOf,
  wholeNumber,
  withFunctions,
} from "../../base/arguments.ts";
import { NetError } from "../../base/errors.ts";
import type { ConnectionId, CloseInfo } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import {
  lines,
  raw,
  type ByteLinesOptions,
  type Codec,
  type Decoder,
  type Layer,
  type LinesOptions,
} from "../../codec/index.ts";
import type { TcpInfo } from "../../wire/index.ts";
import type { ByteConnection } from "./byte-connection.ts";
import { handled, MessageReader, Reading, type ReadOptions } from "./message-reader.ts";
import type { RateLimits } from "../timing/throttle.ts";
import { pipe, type PipeOptions } from "./pipe.ts";
import { atMost, batchesOf, exactly, until } from "./read-decoders.ts";
import { SendWaiters } from "./send-waiters.ts";
import type { PipeDestination } from "./sinks.ts";
import { stepsOf } from "../timing/turn.ts";

/** Options of `readLine`. */
export interface ReadLineOptions extends ReadOptions {
  /** The longest line that may come; 16 KiB unless given. */
  readonly lineBytesMax?: number | undefined;
  /** How the bytes of a line become a string; `utf8` unless given. See `lines`. */
  readonly encoding?: "utf8" | "latin1" | undefined;
}

/** Options of `readLine` for a line that is bytes. */
export interface ReadByteLineOptions extends Omit<ReadLineOptions, "encoding"> {
  /** The line is a `Uint8Array`; nothing is decoded. */
  readonly encoding: "bytes";
}

/** What `trySend` does when the queue of a slow reader is full. */
export interface TrySendOptions {
  /** `drop` this message, or `disconnect` the peer; `drop` unless set. */
  readonly policy?: "drop" | "disconnect" | undefined;
  /** Bytes that may wait for this peer; 1 MiB unless set, and never more than `writeQueueBytesMax`. */
  readonly queueBytesMax?: number | undefined;
}

const trySendChecks: OptionChecks<TrySendOptions> = {
  policy: (name, value) => oneOf(name, value, ["drop", "disconnect"]),
  queueBytesMax: true,
};

/** What an awaited write resolves to when there is room: one promise for all. */
const sent = Promise.resolve();

/**
 * An open connection that carries messages.
 *
 * There is no connection that is not yet open, and each ends exactly once, for a
 * reason that `closed` tells. `In` is what arrives, `Out` what may be sent; without
 * a codec both are bytes.
 *
 * @example
 * await using connection = await connect("localhost:8888", { codec: lines() });
 * await connection.send("hi");
 * console.log(await connection.receive());
 */
export class Connection<In = Uint8Array, Out = In> implements AsyncIterable<In>, AsyncDisposable {
  readonly #bytes: ByteConnection;
  readonly #reader: MessageReader;
  #codec: Codec<In, Out>;
  #layer: Layer | undefined = undefined;
  /** Made when somebody waits for the first time. */
  #waiters: SendWaiters | undefined = undefined;
  /** Steps of writes that did not wait, since a writer last asked for more of the turn. */
  #steps = 0;
  /** One promise for all writes that wait for the next turn. */
  #nextTurn: Promise<void> | undefined = undefined;

  /** @internal Made by `connect` and `serve`. */
  constructor(bytes: ByteConnection, codec: Codec<In, Out>) {
    this.#bytes = bytes;
    this.#codec = codec;
    this.#reader = new MessageReader(bytes, rawDecoder);
    bytes.open(this.#reader);
    // A codec of the user's may throw: only an open connection can be ended for it.
    this.#reader.decoder = codec.decoder();
  }

  /** Its number in events and logs. */
  get id(): ConnectionId {
    return this.#bytes.id;
  }

  /** Resolves, never rejects, to how it ended: when both sides have, so not by the peer's end alone. */
  get closed(): Promise<CloseInfo> {
    return this.#waiting().ended;
  }

  get local(): Address {
    return this.#bytes.local;
  }

  /** The peer; `undefined` if it had gone before it could be asked for. */
  get remote(): Address | undefined {
    return this.#bytes.remote;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#bytes.bytesReceived;
  }

  /** Bytes that the kernel has taken from us so far. */
  get bytesSent(): number {
    return this.#bytes.bytesSent;
  }

  /** Bytes written that the kernel has not taken. */
  get pendingBytes(): number {
    return this.#bytes.pendingBytes;
  }

  /** How it ended, once it has. */
  get closeInfo(): CloseInfo | undefined {
    return this.#bytes.closeInfo;
  }

  /**
   * What the kernel knows of the connection now: how long answers take, what was lost and sent again, how fast it goes.
   * `undefined` for Unix sockets, when it has ended, and from engines that cannot ask (only epoll can). By way of a
   * proxy it is of the connection with the proxy.
   *
   * @example
   * console.log(connection.tcpInfo()?.rttMs);
   */
  tcpInfo(): TcpInfo | undefined {
    return this.#bytes.tcpInfo();
  }

  // ── reading ──

  /**
   * The next bytes as they came, at least one; `null` when the peer has ended.
   *
   * One reader at a time. A read that is given up loses nothing.
   *
   * @throws {TypeError} at once, if another read is under way.
   * @throws {NetError} why the connection ended, after everything received was read.
   */
  read(options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(rawDecoder, asItIs, options);
  }

  /**
   * Exactly `count` bytes; `null` when the peer has ended before the first of them.
   *
   * @throws {NetError} `ERR_TRUNCATED` if it ended before the last.
   */
  readExactly(count: number, options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(exactly(wholeNumber("readExactly: count", count, 0)), asItIs, options);
  }

  /**
   * The next bytes as they came, at least one and at most `count`; `null` when the peer has ended. What came beyond them
   * is left for the next read.
   */
  readAtMost(count: number, options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(atMost(wholeNumber("readAtMost: count", count, 1)), asItIs, options);
  }

  /**
   * Bytes up to and with `delimiter`; `null` when the peer has ended before any.
   *
   * @throws {NetError} `ERR_TRUNCATED` if it ended first; `ERR_MESSAGE_TOO_LONG` if
   *   more than `messageBytesMax` (default 8 MiB) came without it.
   */
  readUntil(
    delimiter: string | Uint8Array,
    options?: ReadOptions & { readonly messageBytesMax?: number | undefined },
  ): Promise<Uint8Array | null> {
    return this.#reader.read(until(delimiter, options?.messageBytesMax), asItIs, options);
  }

  /**
   * A line without its ending (LF or CRLF); `null` at the end. A last line without
   * an ending is a line. `encoding` is that of `lines`: in a string of UTF-8, bytes that are
   * not UTF-8 are replaced; `"bytes"` gives the line as a `Uint8Array`.
   *
   * @throws {NetError} `ERR_MESSAGE_TOO_LONG` past `lineBytesMax` (default 16 KiB).
   */
  readLine(options: ReadByteLineOptions): Promise<Uint8Array | null>;
  readLine(options?: ReadLineOptions): Promise<string | null>;
  readLine(options?: ReadLineOptions | ReadByteLineOptions): Promise<string | Uint8Array | null> {
    const { lineBytesMax, encoding } = options ?? {};
    const codec = lines({ lineBytesMax, encoding } as LinesOptions | ByteLinesOptions);
    return this.#reader.read(codec.decoder(), asItIs, options);
  }

  /** The next message of the codec; `null` when the peer has ended. */
  receive(options?: ReadOptions): Promise<In | null> {
    return this.#reader.read(this.#reader.decoder as Decoder<In>, asItIs, options);
  }

  /**
   * The messages, one by one, until the peer ends. Leaving the loop leaves the
   * connection open and unread messages unread.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return new Messages(this.#reader, asResult<In>);
  }

  /** The messages in batches: those that are here at once, at most 1024, for loops that must be fast. */
  batches(): AsyncIterableIterator<In[]> {
    const took = (messages: number): void => {
      this.#reader.tookBatch(messages);
    };
    return new Messages(this.#reader, asResult<In[]>, (decoder) => batchesOf(decoder, took));
  }

  /**
   * Goes on with another codec, from the first byte that the old one has not taken.
   *
   * @throws {TypeError} if a read is under way.
   */
  useCodec<NewIn, NewOut = NewIn>(codec: Codec<NewIn, NewOut>): Connection<NewIn, NewOut> {
    checkCodec("useCodec: codec", codec);
    if (this.#reader.busy) throw new TypeError("useCodec: a read of this connection is under way");
    const changed = this as unknown as Connection<NewIn, NewOut>;
    changed.#codec = codec;
    changed.#reader.decoder = codec.decoder();
    return changed;
  }

  /**
   * Sends everything that comes on to a connection, a Node `Writable` or a web
   * `WritableStream`, as fast as that takes it. Two of these make a proxy.
   *
   * The peer's FIN is passed on as the end of the destination (a connection's other
   * direction stays open), a failure of this connection as one of the destination
   * (a connection is reset), unless `keepOpen` is set. Standard output is never ended.
   *
   * Resolves to the number of bytes moved.
   *
   * @throws {TypeError} at once, for a destination that is none, or if a read is under way.
   * @throws {NetError} why this connection, or the one it leads to, failed; `ERR_CLOSED` if
   *   the destination was closed while more came.
   * @example
   * await Promise.all([client.pipeTo(upstream), upstream.pipeTo(client)]);
   */
  pipeTo(destination: PipeDestination, options: PipeOptions = {}): Promise<number> {
    if (this.#reader.busy) throw new TypeError("pipeTo: a read of this connection is under way");
    return handled(pipe(this, destination, options));
  }

  /**
   * Puts a layer between the bytes and all reading and writing, for as long as the
   * connection lasts: what is read has been received through it, beginning with what
   * has come and was not read, and what is written is sent through it.
   *
   * A peer that does not keep to it ends the connection, with the reason.
   *
   * @throws {TypeError} if a read is under way, or if there is a layer already.
   * @example
   * client.useLayer(createTelnetSession({ role: "server" }));
   */
  useLayer(layer: Layer): void {
    withFunctions("useLayer: layer", layer, "a Layer", ["open", "receive", "send", "end"]);
    if (this.#reader.busy) throw new TypeError("useLayer: a read of this connection is under way");
    if (this.#layer !== undefined) throw new TypeError("useLayer: this connection has a layer already");
    this.#layer = layer;
    layer.open((bytes) => {
      this.#say(bytes);
    });
    this.#reader.useLayer(layer);
  }

  // ── writing ──

  /**
   * Sends bytes or text. Resolves when you may write more: at most 64 KiB of what has been written up to
   * here wait to be sent.
   *
   * Await it, and you go as fast as the peer reads. The bytes must not change until it resolves; then the
   * buffer is yours again. The bytes of one call are never mixed with those of another, and go in the order of
   * the calls. A write that is awaited before the next one is never refused, however large. Several writers
   * may write at the same time, as long as what waits for all of them stays below `writeQueueBytesMax` (64 MiB unless
   * set): of two writes of 50 MB at the same time the second is refused at once.
   *
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} why the connection ended, if it has; `ERR_CLOSED` after
   *   `end()` or `close()`; `ERR_WRITE_QUEUE_FULL` if earlier writes have not resolved and there
   *   is no room behind them.
   */
  write(data: Uint8Array | string): Promise<void> {
    const bytes = bytesToSend("write: data", data);
    const connection = this.#bytes;
    const error = connection.sendError;
    if (error !== undefined) return handled(Promise.reject(error));
    try {
      if (this.#waiters?.writing === true) connection.checkRoom(bytes.length);
      if (connection.send(this.#throughLayer(bytes), false)) return this.#sentNow(bytes.length);
    } catch (refused) {
      return handled(Promise.reject(refused as Error));
    }
    connection.settings.turn.charge(stepsOf(bytes.length));
    return this.#waiting().written() ?? sent;
  }

  /**
   * Sends one message, framed by the codec; otherwise as `write`.
   *
   * @throws {TypeError} for a message that the codec cannot carry.
   */
  send(message: Out): Promise<void> {
    return this.write(this.#codec.encode(message));
  }

  /**
   * Sends one message if there is room for it now; never waits, never throws for
   * the peer's sake. For one sender and many receivers. Bytes that have to wait are copied.
   *
   * @returns whether it was sent, or waits to be.
   * @throws {TypeError} for a message that the codec cannot carry, or an option that cannot be.
   */
  trySend(message: Out, options: TrySendOptions = {}): boolean {
    const connection = this.#bytes;
    checkOptions("trySend", options, trySendChecks);
    const { policy = "drop", queueBytesMax = limits.queueBytesMax.value } = options;
    const max = Math.min(limit("queueBytesMax", queueBytesMax), connection.settings.writeQueueBytesMax);
    if (connection.sendError !== undefined) return false;
    const bytes = bytesToSend("trySend: the result of codec.encode", this.#codec.encode(message));
    connection.settings.turn.charge(stepsOf(bytes.length));
    const pending = connection.pendingBytes;
    if (pending === 0 || pending + bytes.length <= max) {
      connection.send(this.#throughLayer(bytes), true);
      return true;
    }
    if (policy === "disconnect") {
      const happened = `${pending} bytes wait for a peer that does not read`;
      const error = new NetError({
        code: "ERR_WRITE_QUEUE_FULL",
        stage: "send",
        address: connection.name,
        happened,
        option: "queueBytesMax",
      });
      connection.fail({ how: "limit", by: "us", stage: "send", error });
    }
    return false;
  }

  /**
   * Resolves when the kernel has taken everything written so far.
   *
   * @throws {NetError} why the connection ended, if it does first.
   */
  flush(): Promise<void> {
    return this.#waiting().flushed() ?? sent;
  }

  /**
   * Says that we are done: sends FIN behind everything written, and resolves when
   * it is sent. Reading goes on; the peer may still answer.
   */
  end(): Promise<void> {
    this.#endLayer();
    const flushed = this.#waiting().flushed() ?? sent;
    this.#bytes.end();
    return flushed;
  }

  /**
   * Sends, or receives, no faster than so many bytes a second, from now on. `Infinity`
   * lifts it; a direction that is left out stays as it is.
   *
   * What may not be sent yet waits in the write queue: writes that are awaited take as
   * long as the rate says, once 64 KiB wait. What may not be received yet waits with the peer.
   *
   * @throws {TypeError} for a rate that is not above 0, or a name that is none.
   */
  limitRate(rates: RateLimits): void {
    this.#bytes.limitRate(rates);
  }

  // ── the life of the process ──

  /**
   * Lets the process end though this connection is open, as `socket.unref` of node:net does. Bytes that wait to be sent
   * keep it alive until the system has taken them.
   */
  unref(): this {
    this.#bytes.unref();
    return this;
  }

  /** Keeps the process alive while this connection is open, as it does at first. */
  ref(): this {
    this.#bytes.ref();
    return this;
  }

  // ── ending ──

  /**
   * Ends in good order: sends what waits, then FIN, and takes what the peer still
   * sends for at most `lingerTimeoutMs`, so that unread input can not destroy our
   * last words. Resolves to how it ended.
   */
  close(): Promise<CloseInfo> {
    this.finish();
    return this.closed;
  }

  /** @internal `close`, where nobody asks how it ended. */
  finish(): void {
    this.#reader.finish(null);
    this.#endLayer();
    this.#bytes.close();
  }

  /** Ends at once: what waits is dropped, the peer sees RST. */
  abort(): Promise<CloseInfo> {
    this.#bytes.abort();
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #waiting(): SendWaiters {
    return (this.#waiters ??= this.#reader.sendingSide = new SendWaiters(this.#bytes));
  }

  /** A layer remembers what it was given, so ask whether there is room first. It may make more bytes of it. */
  #throughLayer(bytes: Uint8Array): Uint8Array {
    return this.#layer === undefined ? bytes : this.#layer.send(bytes);
  }

  #endLayer(): void {
    if (this.#layer !== undefined && this.#bytes.writable) this.#bytes.send(this.#layer.end(), true);
  }

  /** Sends what the layer says by itself. A peer that makes it speak and does not read is disconnected. */
  #say(bytes: Uint8Array): void {
    const connection = this.#bytes;
    const { writeQueueBytesMax } = connection.settings;
    try {
      if (writeQueueBytesMax <= limits.queueBytesMax.value) connection.checkRoom(bytes.length);
      else connection.checkRoom(bytes.length, limits.queueBytesMax.value, undefined);
      connection.send(bytes, true);
    } catch (error) {
      connection.fail({ how: "limit", by: "us", stage: "send", error: error as NetError });
    }
  }

  /**
   * What a write resolves by that the kernel took at once: at once. But a writer whose
   * peer reads as fast as it writes would never let go of the event loop, so now
   * and then it is by the loop's next turn.
   */
  #sentNow(length: number): Promise<void> {
    this.#steps += stepsOf(length);
    const { turn } = this.#bytes.settings;
    if (this.#steps < turn.stepsAtOnce) return sent;
    const steps = this.#steps;
    this.#steps = 0;
    if (turn.goesOn(steps)) return sent;
    return (this.#nextTurn ??= new Promise((resolve) => {
      turn.wait({
        goOn: () => {
          this.#nextTurn = undefined;
          resolve();
        },
      });
    }));
  }
}

const rawDecoder = raw().decoder();

/** An iterator that leaves the connection as it is when the loop is left. */
class Messages<Message> extends Reading implements AsyncIterableIterator<Message> {
  readonly #reader: MessageReader;
  readonly #wayOf: ((decoder: Decoder<unknown>) => Decoder<unknown>) | undefined;

  constructor(
    reader: MessageReader,
    shape: (message: Message | null) => IteratorResult<Message, undefined>,
    wayOf?: (decoder: Decoder<unknown>) => Decoder<unknown>,
  ) {
    super(reader.decoder, shape as (message: unknown) => unknown);
    this.#reader = reader;
    this.#wayOf = wayOf;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const { decoder } = this.#reader;
    this.decoder = this.#wayOf === undefined ? decoder : this.#wayOf(decoder);
    return this.#reader.readBy(this) as Promise<IteratorResult<Message, undefined>>;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function asItIs<Message>(message: Message | null): Message | null {
  return message;
}

function asResult<Message>(message: Message | null): IteratorResult<Message, undefined> {
  return message === null ? { value: undefined, done: true } : { value: message, done: false };
}
