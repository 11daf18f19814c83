/**
 * The user's view of one open connection: awaited reads and writes.
 *
 * Adds messages and promises to a `ByteConnection`, and no state of the socket's own. message-reader.ts
 * is the receiving side; byte-connection.ts has the write queue and the timeouts.
 *
 *     send(message) ─▶ codec.encode ─▶ write ─▶ write queue ─▶ wire ─▶ peer
 *     for await ◀── codec.decoder ◀── received bytes ◀─────── wire ◀─┘
 *
 * A layer, if there is one, is directly beneath the codec in both directions.
 */
import type { ReadableStream, WritableStream } from "node:stream/web";
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
import { concatBytes } from "../../base/bytes.ts";
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
import type { TcpInfo, TlsInfo } from "../../wire/index.ts";
import type { ReceivedProxyHeader } from "./raw-connection.ts";
import type { ByteConnection } from "./byte-connection.ts";
import { handled, MessageReader, Reading, type ReadOptions } from "./message-reader.ts";
import type { RateLimits } from "../timing/throttle.ts";
import { checkNodeStream, NodeStream, type NodeStreamOptions, type StreamSource } from "./node-stream.ts";
import { pipe, type PipeOptions } from "./pipe.ts";
import { atMost, batchesOf, exactly, until } from "./read-decoders.ts";
import type { EarlyInput } from "./lower-wire.ts";
import type { StartTlsOptions, StartTlsServerOptions } from "./start-tls.ts";
import { SendWaiters } from "./send-waiters.ts";
import type { PipeDestination } from "./sinks.ts";
import type { WebChunk } from "./web-chunks.ts";
import { WebStreams } from "./web-streams.ts";
import { stepsOf } from "../timing/turn.ts";

/** Options of `readLine`. */
export interface ReadLineOptions extends ReadOptions {
  /** Maximum length of the line in bytes. Default: 16 KiB. */
  readonly lineBytesMax?: number | undefined;
  /** How the bytes of a line become a string. Default: `utf8`. See `lines`. */
  readonly encoding?: "utf8" | "latin1" | undefined;
}

/** Options of `readLine` for a line as bytes. */
export interface ReadByteLineOptions extends Omit<ReadLineOptions, "encoding"> {
  /** The line is a `Uint8Array`; it is not decoded. */
  readonly encoding: "bytes";
}

/** Options of `trySend`: what to do when the queue of a slow reader is full. */
export interface TrySendOptions {
  /** `drop` the message, or `disconnect` the peer. Default: `drop`. */
  readonly policy?: "drop" | "disconnect" | undefined;
  /** Bytes that may be queued for this peer. Default: 1 MiB; never more than `writeQueueBytesMax`. */
  readonly queueBytesMax?: number | undefined;
}

const trySendChecks: OptionChecks<TrySendOptions> = {
  policy: (name, value) => oneOf(name, value, ["drop", "disconnect"]),
  queueBytesMax: true,
};

/** The first byte of a TLS handshake. */
const handshakeRecord = 0x16;

/** The result of every write that does not have to wait. */
const sent = Promise.resolve();

/**
 * An open connection that carries messages, as `connect` returns it and a handler of `serve` receives it.
 *
 * A `Connection` is always open at first, and closes exactly once; `closed` has the reason. `In` is the
 * received message type, `Out` the sent one. Without a codec, both are bytes.
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
  /** Created when a caller waits for the first time. */
  #waiters: SendWaiters | undefined = undefined;
  /** Steps of writes that did not wait, since this connection last asked for more of the turn. */
  #steps = 0;
  /** The promise of all writes that wait for the next turn. */
  #nextTurn: Promise<void> | undefined = undefined;
  #hasNodeStream = false;
  #webStreams: WebStreams | undefined = undefined;

  /** @internal Created by `connect` and `serve`. */
  constructor(bytes: ByteConnection, codec: Codec<In, Out>) {
    this.#bytes = bytes;
    this.#codec = codec;
    this.#reader = new MessageReader(bytes, rawDecoder);
    bytes.open(this.#reader);
    // A user's codec may throw: only an open connection can be closed because of it.
    this.#reader.decoder = codec.decoder();
  }

  /** Its number in events and logs. */
  get id(): ConnectionId {
    return this.#bytes.id;
  }

  /** Resolves to how the connection closed, when both sides have. Never rejects. */
  get closed(): Promise<CloseInfo> {
    return this.#waiting().ended;
  }

  /** The local address. */
  get local(): Address {
    return this.#bytes.local;
  }

  /** The peer's address; `undefined` if the peer had disconnected before it was known. */
  get remote(): Address | undefined {
    return this.#bytes.remote;
  }

  /** What the TLS handshake has agreed on, and the peer's certificates; `undefined` without TLS. */
  get tls(): TlsInfo | undefined {
    return this.#bytes.tls;
  }

  /** The PROXY protocol header of a client behind a load balancer; see the option `proxyProtocol` of `serve`. */
  get proxyProtocol(): ReceivedProxyHeader | undefined {
    return this.#bytes.proxyProtocol;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#bytes.bytesReceived;
  }

  /** Bytes that the kernel has accepted for sending so far. */
  get bytesSent(): number {
    return this.#bytes.bytesSent;
  }

  /** Bytes written that the kernel has not accepted yet. */
  get pendingBytes(): number {
    return this.#bytes.pendingBytes;
  }

  /** How it closed, or `undefined` while it is open. */
  get closeInfo(): CloseInfo | undefined {
    return this.#bytes.closeInfo;
  }

  /**
   * The kernel's statistics of the connection: round-trip time, retransmissions, throughput (TCP_INFO). `undefined` for
   * Unix sockets, after the connection has closed, and with engines other than epoll. Through a proxy, it describes the
   * connection to the proxy.
   *
   * @example
   * console.log(connection.tcpInfo()?.rttMs);
   */
  tcpInfo(): TcpInfo | undefined {
    return this.#bytes.tcpInfo();
  }

  // ── reading ──

  /**
   * Reads the next chunk, at least one byte; `null` at the end of the stream.
   *
   * Only one read may be in progress at a time. A cancelled read loses no bytes.
   *
   * @throws {TypeError} at once, if another read is in progress.
   * @throws {NetError} with the reason why the connection closed, after all received bytes have been read.
   */
  read(options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(rawDecoder, asItIs, options);
  }

  /**
   * Reads exactly `count` bytes; `null` if the stream ends before the first of them.
   *
   * @throws {NetError} as `read` does; `ERR_TRUNCATED` if it ends before the last.
   */
  readExactly(count: number, options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(exactly(wholeNumber("readExactly: count", count, 0)), asItIs, options);
  }

  /**
   * Reads the next chunk, at least one byte and at most `count`; `null` at the end of the stream. Further bytes stay for
   * the next read.
   *
   * @throws {NetError} as `read` does.
   */
  readAtMost(count: number, options?: ReadOptions): Promise<Uint8Array | null> {
    return this.#reader.read(atMost(wholeNumber("readAtMost: count", count, 1)), asItIs, options);
  }

  /**
   * Reads up to and including `delimiter`; `null` if the stream ends before any byte.
   *
   * @throws {NetError} as `read` does; `ERR_TRUNCATED` if the stream ends before the delimiter;
   *   `ERR_MESSAGE_TOO_LONG` if more than `messageBytesMax` bytes (default: 8 MiB) arrive without it.
   */
  readUntil(
    delimiter: string | Uint8Array,
    options?: ReadOptions & { readonly messageBytesMax?: number | undefined },
  ): Promise<Uint8Array | null> {
    return this.#reader.read(until(delimiter, options?.messageBytesMax), asItIs, options);
  }

  /**
   * Reads a line without its ending (LF or CRLF); `null` at the end of the stream. A last line without an
   * ending counts. `encoding` is that of `lines`: in a UTF-8 string, invalid bytes are replaced;
   * `"bytes"` returns the line as a `Uint8Array`.
   *
   * @throws {NetError} as `read` does; `ERR_MESSAGE_TOO_LONG` beyond `lineBytesMax` (default: 16 KiB).
   */
  readLine(options: ReadByteLineOptions): Promise<Uint8Array | null>;
  readLine(options?: ReadLineOptions): Promise<string | null>;
  readLine(options?: ReadLineOptions | ReadByteLineOptions): Promise<string | Uint8Array | null> {
    const { lineBytesMax, encoding } = options ?? {};
    const codec = lines({ lineBytesMax, encoding } as LinesOptions | ByteLinesOptions);
    return this.#reader.read(codec.decoder(), asItIs, options);
  }

  /**
   * Reads the next message of the codec; `null` at the end of the stream.
   *
   * @throws {NetError} as `read` does; `ERR_MESSAGE_TOO_LONG`, `ERR_MESSAGE_INVALID` or `ERR_TRUNCATED` for bytes that
   *   the codec refuses, which closes the connection.
   */
  receive(options?: ReadOptions): Promise<In | null> {
    return this.#reader.read(this.#reader.decoder as Decoder<In>, asItIs, options);
  }

  /**
   * Iterates over messages until the end of the stream. Leaving the loop leaves the connection open and
   * further messages unread.
   *
   * @throws {NetError} as `receive` does, from the loop.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return new Messages(this.#reader, asResult<In>);
  }

  /**
   * Iterates over batches of the messages that are ready, at most 1024 each, for fast loops.
   *
   * @throws {NetError} as `receive` does, from the loop.
   */
  batches(): AsyncIterableIterator<In[]> {
    const took = (messages: number): void => {
      this.#reader.tookBatch(messages);
    };
    return new Messages(this.#reader, asResult<In[]>, (decoder) => batchesOf(decoder, took));
  }

  /**
   * Changes the codec, from the first byte that the old one has not consumed.
   *
   * @throws {TypeError} if a read is in progress.
   */
  useCodec<NewIn, NewOut = NewIn>(codec: Codec<NewIn, NewOut>): Connection<NewIn, NewOut> {
    checkCodec("useCodec: codec", codec);
    if (this.#reader.busy) throw new TypeError("useCodec: a read of this connection is in progress");
    const changed = this as unknown as Connection<NewIn, NewOut>;
    changed.#codec = codec;
    changed.#reader.decoder = codec.decoder();
    return changed;
  }

  /**
   * Forwards everything received to a connection, a Node `Writable` or a web `WritableStream`, as fast as
   * the destination accepts it. Two of these make a proxy.
   *
   * The end of the stream ends the destination; the other direction of a connection stays open. A failure
   * of this connection aborts the destination; a connection is reset. `keepOpen` disables both. Standard
   * output is never ended.
   *
   * Resolves to the number of bytes forwarded.
   *
   * @throws {TypeError} at once, for an invalid destination, or if a read is in progress.
   * @throws {NetError} with the reason why this connection or the destination failed; `ERR_CLOSED` if the destination was
   *   closed before the end of the stream.
   * @example
   * await Promise.all([client.pipeTo(upstream), upstream.pipeTo(client)]);
   */
  pipeTo(destination: PipeDestination, options: PipeOptions = {}): Promise<number> {
    if (this.#reader.busy) throw new TypeError("pipeTo: a read of this connection is in progress");
    return handled(pipe(this, destination, options));
  }

  /**
   * Inserts a layer beneath all reading and writing, for the rest of the connection. All data read from
   * now on passes through it, including bytes received but not yet read. All data written passes through
   * it too.
   *
   * A violation of the layer's protocol closes the connection, with the reason.
   *
   * @throws {TypeError} if a read is in progress, or if there is a layer already.
   * @example
   * client.useLayer(createTelnetSession({ role: "server" }));
   */
  useLayer(layer: Layer): void {
    withFunctions("useLayer: layer", layer, "a Layer", ["open", "receive", "send", "end"]);
    if (this.#reader.busy) throw new TypeError("useLayer: a read of this connection is in progress");
    if (this.#layer !== undefined) throw new TypeError("useLayer: this connection has a layer already");
    this.#layer = layer;
    layer.open((bytes) => {
      this.#sendFromLayer(bytes);
    });
    this.#reader.useLayer(layer);
  }

  /**
   * Starts TLS on this connection, once the two sides have agreed to in plain text (STARTTLS). Resolves when the
   * handshake is complete; `tls` is set then, and the connection goes on as before.
   *
   * What was written before is sent first, as plain text. Nothing that is received from now on counts as plain text.
   * Bytes that the peer sent ahead of the handshake are refused, also if you have not read them yet: anyone on the
   * way could have inserted them (CVE-2011-0411). A failure closes the connection.
   *
   * A client checks the server's certificate, as with the option `tls` of `connect`. A server needs `cert` and `key`,
   * and has the other options of `tls` of `serve`; it may receive the first bytes of the client's handshake before the
   * call. Pass the same object for all clients: its certificate is prepared once. Do not read or write until the promise
   * resolves.
   *
   * @throws {TypeError} at once, for an invalid option, or if a read or another `startTls` is in progress, the
   *   connection speaks TLS already, or it has a Node stream.
   * @throws {NetError} with stage `handshake` and the code of the failure; `ERR_TLS_PLAIN_TEXT_INJECTED` for bytes
   *   ahead of the handshake; `ERR_CLOSED` after `end()` or `close()`; the reason why the connection closed, if it has.
   * @example
   * await connection.write("STARTTLS\r\n");
   * if ((await connection.readLine())?.startsWith("220") !== true) throw new Error("the server has no TLS");
   * await connection.startTls();
   */
  startTls(options: StartTlsOptions | StartTlsServerOptions = {}): Promise<void> {
    const connection = this.#bytes;
    const refused = (why: string): TypeError => new TypeError(`startTls: ${why}`);
    if (connection.isSecuring) throw refused("another startTls of this connection is in progress");
    if (connection.tls !== undefined) throw refused("this connection speaks TLS already");
    if (this.#hasNodeStream)
      throw refused("this connection has a Node stream; start TLS before toNodeStream");
    if (this.#reader.busy) throw refused("a read of this connection is in progress");
    const secure = connection.makeSecure(options);
    const { sendError } = connection;
    if (sendError !== undefined) return handled(Promise.reject(sendError));
    return handled(connection.exchangeWire(secure, this.#earlyInput()));
  }

  /**
   * What the peer has sent before the handshake. A client may have begun the handshake already; a server sends nothing
   * then that could belong to it.
   */
  #earlyInput(): EarlyInput {
    const bytes = concatBytes([this.#reader.takeUnread(), this.#bytes.takeHeldInput()]);
    const mayHaveBegun = this.#bytes.role === "server";
    const isOther = bytes.length > 0 && (bytes[0] !== handshakeRecord || this.#reader.isDecoded);
    return { bytes, isRefused: !mayHaveBegun || isOther, hasEnded: this.#bytes.peerHasEnded };
  }

  /**
   * Returns this connection as a Node `Duplex` with the interface of `net.Socket`: its events, half-close, backpressure,
   * `destroy`, and errors with `code` and `syscall`. For libraries that accept a socket. The stream reads and closes the
   * connection from now on; a connection has at most one.
   *
   * Its reads have no timeout unless you set one in the options of the connection. Use `setTimeout` of the stream.
   *
   * @throws {TypeError} if the connection has a stream, or a read is in progress.
   * @example
   * const socket = connection.toNodeStream();
   * socket.on("data", (chunk) => console.log(chunk.toString()));
   * socket.end("hello\n");
   */
  toNodeStream(options: NodeStreamOptions = {}): NodeStream {
    checkNodeStream(options, this.#hasNodeStream || this.#reader.busy);
    return new NodeStream(this.streamSource(), options);
  }

  /**
   * The received bytes as a web `ReadableStream`, which also accepts readers with their own buffer (BYOB). It reads only
   * when it is read from. The peer's end closes it; a failure of the connection errors it. Cancelling it discards what
   * the peer still sends, and leaves the other direction open.
   *
   * Its reads have no timeout unless you set one in the options of the connection. Do not read in other ways while it
   * has a read in progress.
   *
   * @example
   * const text = connection.readable.pipeThrough(new TextDecoderStream());
   */
  get readable(): ReadableStream<Uint8Array> {
    return this.#web().readable;
  }

  /**
   * The sending side as a web `WritableStream` of bytes, buffers or text. It applies backpressure by bytes: 64 KiB.
   * Closing it sends FIN after everything written; aborting it resets the connection.
   *
   * @example
   * await response.body.pipeTo(connection.writable);
   */
  get writable(): WritableStream<WebChunk> {
    return this.#web().writable;
  }

  #web(): WebStreams {
    return (this.#webStreams ??= new WebStreams(this, () => this.#reader.bufferedBytes > 0));
  }

  /** @internal What a Node stream drives. */
  streamSource(): StreamSource {
    this.#hasNodeStream = true;
    const bytes = this.#bytes;
    return {
      connection: this,
      socket: {
        clock: bytes.settings.clock,
        keepAliveMs: bytes.settings.keepAliveMs,
        closeNow: () => {
          bytes.closeWire();
        },
        changeOptions: (options) => {
          bytes.changeOptions(options);
        },
      },
    };
  }

  // ── writing ──

  /**
   * Sends bytes or text. Resolves when you may write more: when at most 64 KiB of what has been written so
   * far is unsent.
   *
   * Await it to write as fast as the peer reads. Do not change the bytes until it resolves; then you may
   * reuse the buffer. The bytes of concurrent calls are not mixed, and are sent in the order of the calls.
   * A write is never refused, however large, if you awaited all writes before it. Concurrent writes may
   * together queue up to `writeQueueBytesMax` (default: 64 MiB): of two concurrent writes of 50 MB, the
   * second is refused at once.
   *
   * @throws {TypeError} at once, unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} with the reason why the connection closed, if it has; `ERR_CLOSED` after `end()` or
   *   `close()`; `ERR_WRITE_QUEUE_FULL` if earlier writes have not resolved and the queue has no room.
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
   * Encodes one message with the codec and sends it; otherwise like `write`.
   *
   * @throws {TypeError} for a message that the codec cannot encode.
   * @throws {NetError} as `write` does.
   */
  send(message: Out): Promise<void> {
    return this.write(this.#codec.encode(message));
  }

  /**
   * Sends one message if the queue has room for it now. Never waits, and does not throw because of the
   * peer. For one sender and many receivers. Bytes that must be queued are copied.
   *
   * @returns whether the message was sent or queued.
   * @throws {TypeError} for a message that the codec cannot encode, or an invalid option.
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
      const happened = `${pending} bytes are unsent because the peer does not read`;
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
   * Resolves when the kernel has accepted everything written so far.
   *
   * @throws {NetError} with the reason why the connection closed, if it closes first.
   */
  flush(): Promise<void> {
    return this.#waiting().flushed() ?? sent;
  }

  /**
   * Ends the sending side: sends FIN after everything written, and resolves when it is sent. You may
   * continue to read.
   *
   * @throws {TypeError} at once, while `startTls` is in progress.
   */
  end(): Promise<void> {
    if (this.#bytes.isSecuring) throw new TypeError("end: startTls is in progress: await it first");
    this.#endLayer();
    const flushed = this.#waiting().flushed() ?? sent;
    this.#bytes.end();
    return flushed;
  }

  /**
   * Limits the rate of sending or receiving, in bytes per second, from now on. `Infinity` removes a limit;
   * an omitted direction keeps its limit.
   *
   * Bytes beyond the sending rate wait in the write queue: once 64 KiB are queued, awaited writes take as
   * long as the rate requires. Bytes beyond the receiving rate stay with the peer, by TCP flow control.
   *
   * @throws {TypeError} for a rate that is not above 0, or an unknown name.
   */
  limitRate(rates: RateLimits): void {
    this.#bytes.limitRate(rates);
  }

  // ── process lifetime ──

  /**
   * Lets the process exit while this connection is open, like `socket.unref` of node:net. Unsent bytes keep the process
   * alive until the system has accepted them.
   */
  unref(): this {
    this.#bytes.unref();
    return this;
  }

  /** Keeps the process alive while this connection is open. This is the default. */
  ref(): this {
    this.#bytes.ref();
    return this;
  }

  // ── closing ──

  /**
   * Closes in good order: sends queued bytes, then FIN, and discards further input for at most
   * `lingerTimeoutMs`, so that unread input cannot cause an RST that destroys sent data. Resolves to how
   * the connection closed.
   */
  close(): Promise<CloseInfo> {
    this.finish();
    return this.closed;
  }

  /** @internal Like `close`, without the promise. */
  finish(): void {
    this.#reader.finish(null);
    this.#endLayer();
    this.#bytes.close();
  }

  /** Closes at once: discards queued bytes and sends RST. */
  abort(): Promise<CloseInfo> {
    this.#bytes.abort();
    return this.closed;
  }

  /** Calls `close()`, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #waiting(): SendWaiters {
    return (this.#waiters ??= this.#reader.sendingSide = new SendWaiters(this.#bytes));
  }

  /** Passes bytes through the layer, which may add to them. A layer has state, so check for room before the call. */
  #throughLayer(bytes: Uint8Array): Uint8Array {
    return this.#layer === undefined ? bytes : this.#layer.send(bytes);
  }

  #endLayer(): void {
    if (this.#layer !== undefined && this.#bytes.writable) this.#bytes.send(this.#layer.end(), true);
  }

  /** Sends the layer's own bytes. A peer that triggers many of them and does not read is disconnected. */
  #sendFromLayer(bytes: Uint8Array): void {
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
   * The result of a write that the kernel accepted at once: a resolved promise. A writer whose peer reads
   * as fast as it writes would then never return to the event loop. So now and then the write resolves on
   * the next turn.
   */
  #sentNow(length: number): Promise<void> {
    this.#steps += stepsOf(length);
    const { turn } = this.#bytes.settings;
    if (this.#steps < turn.stepsAtOnce) return sent;
    const steps = this.#steps;
    this.#steps = 0;
    if (turn.hasRoomFor(steps)) return sent;
    return (this.#nextTurn ??= new Promise((resolve) => {
      turn.wait({
        takeTurn: () => {
          this.#nextTurn = undefined;
          resolve();
        },
      });
    }));
  }
}

const rawDecoder = raw().decoder();

/** An iterator that leaves the connection unchanged when the loop is left. */
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
