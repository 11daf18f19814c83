/** `Socket` of the WinterTC Sockets API. */
import type { ReadableStream, WritableStream } from "node:stream/web";
import { formatAddress, type Address } from "../base/address/address.ts";
import { onAbort } from "../base/abort.ts";
import { record, shown } from "../base/arguments.ts";
import type { CloseInfo } from "../base/events.ts";
import type { Connection, WebChunk } from "../net/index.ts";
import { asSocketError, SocketError } from "./socket-error.ts";
import type { SecureTransport } from "./socket-options.ts";
import { SocketStreams } from "./socket-streams.ts";

/** What is known of an open socket. */
export interface SocketInfo {
  /** The peer, as in `192.0.2.1:443` or `[2001:db8::1]:443`. */
  readonly remoteAddress: string | null;
  /** The local end, written likewise. */
  readonly localAddress: string | null;
  /** The protocol that ALPN has chosen; `null` without TLS, and if none was chosen. */
  readonly alpn: string | null;
}

/** Options of `startTls`, which the standard does not have. */
export interface SocketStartTlsOptions {
  /** The name that the server's certificate must be valid for. Default: `sni`, and without it the host. */
  readonly expectedServerHostname?: string | undefined;
}

/** @internal How a socket gets its connection. */
export interface SocketSource {
  readonly secureTransport: SecureTransport;
  readonly allowHalfOpen: boolean;
  /** Bytes that an earlier socket has received on the open connection. */
  bytesBefore(): number;
  open(signal: AbortSignal): Promise<Connection>;
  startTls(connection: Connection, signal: AbortSignal, serverName: string | undefined): Promise<void>;
}

/**
 * A TCP connection with two web streams, as `connect` of `portcall/sockets` returns it, before it is open.
 *
 * Ignoring `opened` and `closed` is safe: their rejections are never unhandled.
 */
export class Socket {
  /** Resolves when the socket is open, with TLS after the handshake. Rejects with a `SocketError`. */
  readonly opened: Promise<SocketInfo>;
  /**
   * Resolves when the connection is over: after `close()`, and after both sides have ended. Without `allowHalfOpen`, a
   * reset by the peer resolves it too. Any other failure rejects it with a `SocketError`.
   */
  readonly closed: Promise<undefined>;
  /** Whether the socket speaks TLS: `off`, `on`, or `starttls` until `startTls()` is called. */
  readonly secureTransport: SecureTransport;
  readonly #source: SocketSource;
  readonly #streams: SocketStreams;
  readonly #opening: Promise<Connection>;
  readonly #stop: AbortController = new AbortController();
  #connection: Connection | undefined = undefined;
  #settleOpened!: Settle<SocketInfo>;
  #settleClosed!: Settle<undefined>;
  /** The failure of the connection, and the error made of it. Every promise gets the same one. */
  #failure: { readonly cause: unknown; readonly error: TypeError } | undefined = undefined;
  /** This program has ended the connection. */
  #isClosing = false;
  #isOver = false;
  #isUpgraded = false;
  /** Bytes received when TLS was started. */
  #plainBytes = 0;

  /** @internal Created by `connect`. */
  constructor(source: SocketSource) {
    this.#source = source;
    this.secureTransport = source.secureTransport;
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    this.closed.catch(() => undefined);
    this.#opening = source.open(this.#stop.signal);
    this.#streams = new SocketStreams(this.#opening, {
      errorOf: (error) => this.#errorOf(error),
      finRead: () => {
        if (!source.allowHalfOpen) this.#streams.closeWritable(peerHasEnded);
      },
      aborted: (reason) => {
        this.#abort(reason);
      },
    });
    this.#opening.then(
      (connection) => {
        this.#opened(connection);
      },
      (error: unknown) => {
        this.#failed(error);
      },
    );
  }

  /** What the peer sends: a byte stream, so a reader may bring its own buffer (BYOB). The peer's end closes it. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#streams.readable;
  }

  /**
   * What is sent to the peer: bytes, buffers or text. Chunks written before the socket is open are sent then. Closing it
   * sends FIN, and aborting it resets the connection.
   */
  get writable(): WritableStream<WebChunk> {
    return this.#streams.writable;
  }

  /** Whether `startTls()` has replaced this socket. */
  get upgraded(): boolean {
    return this.#isUpgraded;
  }

  /**
   * Closes the connection, and returns `closed`, which resolves when everything is sent. Bytes that the connection
   * has accepted are sent, and chunks that still wait in `writable` are dropped. Reads are done from now on, and writes reject with `reason`.
   *
   * @param reason what writes reject with, and `opened` if it is pending. Default: a `SocketError`.
   */
  close(reason?: unknown): Promise<undefined> {
    if (this.#isClosing || this.#isOver || this.#isUpgraded) return this.closed;
    this.#isClosing = true;
    const why = reason === undefined ? new SocketError("the socket was closed by this program") : reason;
    this.#streams.closeReadable();
    this.#streams.failWritable(why);
    if (this.#connection === undefined) {
      this.#settleOpened.reject(why);
      this.#stop.abort(why);
    } else {
      void this.#connection.close();
      // What follows is the peer's part, which may take it as long as it likes.
      const over = (): void => this.#settleClosed.resolve(undefined);
      this.#connection.flush().then(over, over);
    }
    return this.closed;
  }

  /**
   * Starts TLS, and returns the socket inside it. This socket is over then: its `closed` resolves, and its streams cannot
   * be used. Chunks written before are sent first, as plain text.
   *
   * @throws {SocketError} unless `secureTransport` is `starttls`, and after `startTls()` or `close()`.
   */
  startTls(options: SocketStartTlsOptions = {}): Socket {
    record("startTls: options", options);
    const { expectedServerHostname } = options;
    if (expectedServerHostname !== undefined && typeof expectedServerHostname !== "string") {
      throw new TypeError(`expectedServerHostname: ${shown(expectedServerHostname)} is not a string`);
    }
    this.#checkUpgrade();
    this.#isUpgraded = true;
    this.#settleClosed.resolve(undefined);
    const source = this.#source;
    const flushed = this.#streams.detach(new SocketError("use the socket that startTls() has returned"));
    // The new socket reports it.
    flushed.catch(() => undefined);
    return new Socket({
      ...source,
      secureTransport: "on",
      bytesBefore: () => this.#plainBytes,
      open: (signal) => this.#upgrade(flushed, signal, expectedServerHostname),
    });
  }

  async #upgrade(
    flushed: Promise<void>,
    signal: AbortSignal,
    serverName: string | undefined,
  ): Promise<Connection> {
    const release = onAbort(signal, () => {
      this.#stop.abort(signal.reason);
      void this.#connection?.abort();
    });
    try {
      const connection = await this.#opening;
      await flushed;
      // All of them are read, or startTls refuses the rest.
      this.#plainBytes = connection.bytesReceived;
      await this.#source.startTls(connection, signal, serverName);
      return connection;
    } finally {
      release();
    }
  }

  #checkUpgrade(): void {
    if (this.#isUpgraded) throw new SocketError("startTls() was called before on this socket");
    if (this.secureTransport === "on") throw new SocketError("cannot startTls() on a TLS socket");
    if (this.secureTransport === "off") {
      throw new SocketError('startTls() needs the option secureTransport: "starttls" of connect');
    }
    if (this.#isClosing || this.#isOver) throw new SocketError("startTls() on a closed socket");
  }

  #opened(connection: Connection): void {
    this.#connection = connection;
    this.#streams.opened(connection, this.#source.bytesBefore());
    void connection.closed.then((info) => {
      this.#lost(info);
    });
    this.#settleOpened.resolve({
      remoteAddress: textOf(connection.remote),
      localAddress: textOf(connection.local),
      alpn: connection.tls?.alpn ?? null,
    });
    // It was closed while the last step of opening was in progress.
    if (this.#isClosing) void connection.abort();
  }

  #failed(cause: unknown): void {
    this.#isOver = true;
    const error = this.#errorOf(cause);
    if (this.#isClosing) {
      this.#settleClosed.resolve(undefined);
      return;
    }
    this.#settleOpened.reject(error);
    this.#settleClosed.reject(error);
    this.#streams.failReadable(error);
    this.#streams.failWritable(error);
  }

  #lost({ how, error: cause }: CloseInfo): void {
    if (this.#isUpgraded) return;
    this.#isOver = true;
    const error = cause === undefined ? undefined : this.#errorOf(cause);
    this.#streams.lost(error, () => new SocketError("the connection has ended"));
    const isExpected = this.#isClosing || (how === "reset" && !this.#source.allowHalfOpen);
    if (error === undefined || isExpected) this.#settleClosed.resolve(undefined);
    else this.#settleClosed.reject(error);
  }

  /** A reset tells the peer that what it has is incomplete. */
  #abort(reason: unknown): void {
    this.#isClosing = true;
    if (this.#connection !== undefined) {
      void this.#connection.abort();
      return;
    }
    const why = reason === undefined ? new SocketError("writable was aborted") : reason;
    this.#settleOpened.reject(why);
    this.#streams.failReadable(why);
    this.#stop.abort(why);
  }

  #errorOf(cause: unknown): TypeError {
    if (this.#failure !== undefined && this.#failure.cause === cause) return this.#failure.error;
    const error = asSocketError(cause);
    this.#failure = { cause, error };
    return error;
  }
}

interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

function textOf(address: Address | undefined): string | null {
  return address === undefined ? null : formatAddress(address);
}

function peerHasEnded(): SocketError {
  return new SocketError("the peer has ended, and allowHalfOpen is false");
}
