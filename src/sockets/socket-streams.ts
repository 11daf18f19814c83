/**
 * The two streams of a socket that may still be connecting.
 *
 * What is written before the connection is open waits for it. The owner can close, error and detach both streams, locked
 * or not, which a program cannot do with a stream that another part of it reads.
 *
 *     peer's FIN ─▶ readable closes, owner.finRead()       writable.close() ─▶ FIN       writable.abort() ─▶ owner.aborted()
 */
import type {
  ReadableByteStreamController,
  ReadableStream,
  WritableStream,
  WritableStreamDefaultController,
} from "node:stream/web";
import { bytesOf, deliver, finish, sizeOf, type Connection, type WebChunk } from "../net/index.ts";
import { ClosableWritable } from "./closable-writable.ts";

/** What the streams report. */
export interface StreamsOwner {
  /** A failure of the connection as the error that the standard asks for. */
  errorOf(error: unknown): Error;
  /** @throws {TypeError} for a chunk that `writable` must refuse. */
  checkChunk?(chunk: unknown): void;
  /** The end of the peer has been read. */
  finRead(): void;
  /** A program has aborted `writable`. */
  aborted(reason: unknown): void;
  /** One of the streams is closed, cancelled, aborted or errored; `error` if it failed. */
  over?(which: "readable" | "writable", error: unknown): void;
}

/** A flush of what was written before the streams were detached. */
interface Detaching {
  writesLeft: number;
  readonly flushed: () => void;
  readonly failed: (reason: unknown) => void;
}

const highWaterMark = 65_536;

export class SocketStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writable: ClosableWritable;
  readonly #opening: Promise<Connection>;
  readonly #owner: StreamsOwner;
  #connection: Connection | undefined = undefined;
  #readableControl!: ReadableByteStreamController;
  #writableControl!: WritableStreamDefaultController;
  /** Ends the read in progress, without losing a byte. */
  #reading = new AbortController();
  #isPulling = false;
  #isReadableOver = false;
  #isWritableOver = false;
  /** Writes that have not been completed, those in the queue of the stream included. */
  #writes = 0;
  #detaching: Detaching | undefined = undefined;
  /** Bytes received that these streams have taken, and those before they began. */
  #taken = 0;

  constructor(opening: Promise<Connection>, owner: StreamsOwner) {
    this.#opening = opening;
    this.#owner = owner;
    this.readable = new globalThis.ReadableStream(
      {
        type: "bytes",
        start: (controller) => {
          this.#readableControl = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => {
          this.#stopReading();
          this.#endReadable(undefined);
          void this.#discard();
        },
      },
      { highWaterMark: 0 },
    );
    this.#writable = new ClosableWritable(
      {
        start: (controller) => {
          this.#writableControl = controller;
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#close(),
        abort: (reason: unknown) => {
          this.#endWritable(undefined);
          owner.aborted(reason);
        },
      },
      {
        highWaterMark,
        size: (chunk) => {
          this.#writes++;
          return sizeOf(chunk);
        },
      },
    );
  }

  get writable(): WritableStream<WebChunk> {
    return this.#writable;
  }

  /**
   * The connection is open.
   *
   * @param bytesBefore what was received before these streams; what came since may be unread.
   */
  opened(connection: Connection, bytesBefore = 0): void {
    this.#connection = connection;
    this.#taken = bytesBefore;
  }

  /** The connection is over. Bytes that are unread can still be read, and the failure follows them. */
  lost(error: Error | undefined, ended: () => Error): void {
    this.failWritable(error ?? ended());
    const hasUnread = this.#connection !== undefined && this.#connection.bytesReceived > this.#taken;
    // A read in progress gets the error itself.
    if (error !== undefined && !this.#isPulling && !hasUnread) this.failReadable(error);
  }

  /** Ends reading as a cancel does: a read in progress is done. */
  closeReadable(): void {
    if (this.#isReadableOver) return;
    this.#stopReading();
    finish(this.#readableControl);
    this.#endReadable(undefined);
  }

  failReadable(error: unknown): void {
    if (this.#isReadableOver) return;
    this.#stopReading();
    this.#readableControl.error(error);
    this.#endReadable(error);
  }

  /** Drops what waits in the stream. A write in progress is completed. */
  failWritable(reason: unknown): void {
    if (this.#isWritableOver) return;
    this.#writableControl.error(reason);
    this.#endWritable(reason);
  }

  /** Sends FIN after everything written. A pipe cannot be closed from this end, so it is errored. */
  closeWritable(whyNot: () => Error): void {
    if (this.#isWritableOver) return;
    if (!this.#writable.isWithinReach) this.failWritable(whyNot());
    // It rejects if a program has closed it before, which has the same effect.
    else void this.#writable.closeByOwner().catch(() => undefined);
  }

  /**
   * Ends both streams, and leaves the connection open. Resolves when everything written so far was handed to it; what is
   * written from now on is refused with the reason.
   */
  detach(reason: Error): Promise<void> {
    this.failReadable(reason);
    // A cancelled stream has a read in progress too, which discards.
    this.#stopReading();
    return new Promise((resolve, reject) => {
      const flushed = (): void => {
        this.failWritable(reason);
        resolve();
      };
      this.#detaching = { writesLeft: this.#writes, flushed, failed: reject };
      if (this.#writes === 0) flushed();
    });
  }

  #stopReading(): void {
    this.#reading.abort();
    this.#reading = new AbortController();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const wanted = controller.byobRequest?.view?.byteLength;
    const { signal } = this.#reading;
    this.#isPulling = true;
    let chunk: Uint8Array | null;
    try {
      const connection = this.#connection ?? (await this.#opening);
      if (signal.aborted) return;
      const options = { signal, timeoutMs: Infinity };
      chunk = await (wanted === undefined
        ? connection.read(options)
        : connection.readAtMost(wanted, options));
    } catch (error) {
      // The stream is over already, and this read was stopped for it.
      if (!signal.aborted) this.failReadable(this.#owner.errorOf(error));
      return;
    } finally {
      this.#isPulling = false;
    }
    if (chunk !== null) {
      this.#taken += chunk.length;
      if (!this.#isReadableOver) deliver(controller, chunk);
    } else if (!this.#isReadableOver) {
      finish(controller);
      this.#endReadable(undefined);
      this.#owner.finRead();
    }
  }

  /** The peer may send on, and is not blocked. */
  async #discard(): Promise<void> {
    const { signal } = this.#reading;
    try {
      const connection = this.#connection ?? (await this.#opening);
      while ((await connection.read({ signal, timeoutMs: Infinity })) !== null);
      this.#owner.finRead();
    } catch {
      // The owner reports why the connection failed.
    }
  }

  async #write(chunk: WebChunk): Promise<void> {
    try {
      this.#owner.checkChunk?.(chunk);
      // Without a turn of its own, so that a close right after it finds the bytes in the queue.
      await (this.#connection ?? (await this.#opening)).write(bytesOf(chunk));
    } catch (error) {
      throw this.#writeFailed(error);
    }
    this.#writes--;
    const detaching = this.#detaching;
    if (detaching !== undefined && --detaching.writesLeft === 0) detaching.flushed();
  }

  async #close(): Promise<void> {
    try {
      if (this.#detaching === undefined) await (this.#connection ?? (await this.#opening)).end();
    } catch (error) {
      throw this.#writeFailed(error);
    }
    this.#endWritable(undefined);
  }

  #writeFailed(error: unknown): Error {
    const reason = this.#owner.errorOf(error);
    this.#detaching?.failed(reason);
    this.#endWritable(reason);
    return reason;
  }

  #endReadable(error: unknown): void {
    if (this.#isReadableOver) return;
    this.#isReadableOver = true;
    this.#owner.over?.("readable", error);
  }

  #endWritable(error: unknown): void {
    if (this.#isWritableOver) return;
    this.#isWritableOver = true;
    this.#owner.over?.("writable", error);
  }
}
