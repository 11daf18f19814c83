/**
 * A connection as web streams, made when first asked for.
 *
 * The readable is a byte stream that reads only when it is read from, so nothing is buffered twice, and a reader may
 * bring its own buffer. The writable counts bytes, not chunks: `writer.ready` waits while 64 KiB are unsent.
 *
 *     peer's FIN ─▶ readable closes       writable.close() ─▶ FIN       writable.abort() ─▶ RST
 */
import type { ReadableByteStreamController, ReadableStream, WritableStream } from "node:stream/web";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import { bytesOf, deliver, finish, sizeOf, type WebChunk } from "./web-chunks.ts";

/** What web streams need of a connection. */
export interface WebConnection {
  readonly closed: Promise<CloseInfo>;
  read(options: { readonly timeoutMs: number }): Promise<Uint8Array | null>;
  readAtMost(count: number, options: { readonly timeoutMs: number }): Promise<Uint8Array | null>;
  write(data: Uint8Array | string): Promise<void>;
  end(): Promise<void>;
  close(): Promise<CloseInfo>;
  abort(): Promise<CloseInfo>;
}

const withoutTimeout = { timeoutMs: Infinity } as const;
const highWaterMark = 65_536;

export class WebStreams {
  readonly #connection: WebConnection;
  /** Whether received bytes wait to be read. */
  readonly #hasUnread: () => boolean;
  #readable: ReadableStream<Uint8Array> | undefined = undefined;
  #writable: WritableStream<WebChunk> | undefined = undefined;
  #pulling = false;
  /** The readable was cancelled: input is discarded. */
  #cancelled = false;
  /** The writable was closed or aborted. */
  #ended = false;

  constructor(connection: WebConnection, hasUnread: () => boolean) {
    this.#connection = connection;
    this.#hasUnread = hasUnread;
  }

  get readable(): ReadableStream<Uint8Array> {
    return (this.#readable ??= new globalThis.ReadableStream(
      {
        type: "bytes",
        start: (controller) => {
          void this.#connection.closed.then(({ error }) => {
            // A read in progress, or the next one, gets the error after the bytes.
            if (error !== undefined && !this.#pulling && !this.#hasUnread()) controller.error(error);
          });
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    ));
  }

  get writable(): WritableStream<WebChunk> {
    return (this.#writable ??= new globalThis.WritableStream<WebChunk>(
      {
        start: (controller) => {
          void this.#connection.closed.then(({ error }) => {
            if (!this.#ended) controller.error(error ?? hasEnded());
          });
        },
        write: (chunk) => this.#connection.write(bytesOf(chunk)),
        close: async () => {
          this.#ended = true;
          await (this.#cancelled ? this.#connection.close() : this.#connection.end());
        },
        abort: async () => {
          this.#ended = true;
          await this.#connection.abort();
        },
      },
      { highWaterMark, size: sizeOf },
    ));
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const wanted = controller.byobRequest?.view?.byteLength;
    this.#pulling = true;
    let chunk: Uint8Array | null;
    try {
      const read =
        wanted === undefined
          ? this.#connection.read(withoutTimeout)
          : this.#connection.readAtMost(wanted, withoutTimeout);
      chunk = await read;
    } finally {
      this.#pulling = false;
    }
    if (this.#cancelled) void this.#discard();
    else if (chunk === null) finish(controller);
    else deliver(controller, chunk);
  }

  /** The peer may send on, and is not blocked. */
  async #cancel(): Promise<void> {
    this.#cancelled = true;
    if (this.#ended) await this.#connection.close();
    else if (!this.#pulling) void this.#discard();
  }

  async #discard(): Promise<void> {
    try {
      while ((await this.#connection.read(withoutTimeout)) !== null);
    } catch {
      // The writable reports why the connection failed.
    }
  }
}

function hasEnded(): NetError {
  return new NetError({ code: "ERR_CLOSED", stage: "send", happened: "the connection has ended" });
}
