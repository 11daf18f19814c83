/** A writable that its owner can close, also while a program holds its writer. */
import type { WebChunk } from "../net/index.ts";

export class ClosableWritable extends globalThis.WritableStream<WebChunk> {
  #writer: Writer | undefined = undefined;

  override getWriter(): Writer {
    return (this.#writer = new Writer(this));
  }

  /** Whether `closeByOwner` can close it: a pipe has a writer of its own, which cannot be reached. */
  get isWithinReach(): boolean {
    return !this.locked || this.#writer?.holdsLock() === true;
  }

  /** Closes it after all chunks written so far. Rejects if it is closed or errored already. */
  closeByOwner(): Promise<void> {
    return this.locked && this.#writer !== undefined ? this.#writer.close() : this.close();
  }
}

class Writer extends globalThis.WritableStreamDefaultWriter<WebChunk> {
  /** Node 20 throws the error of an assertion here when the stream is closed. */
  override write(chunk?: WebChunk): Promise<void> {
    try {
      return super.write(chunk as WebChunk);
    } catch (cause) {
      return Promise.reject(new TypeError("write: the stream is closed", { cause }));
    }
  }

  holdsLock(): boolean {
    try {
      return this.desiredSize !== undefined;
    } catch {
      return false;
    }
  }
}
