/**
 * The queue of typed bytes on their way to the peer, with one reader.
 */
export class TypedBytes implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #pendingBytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Called when everything has been read. */
  drained: (() => void) | undefined;

  /** The number of bytes that wait to be read. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#wake?.();
  }

  /** Ends the queue after the bytes that still wait. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#pendingBytes -= chunk.length;
        if (this.#pendingBytes === 0) this.drained?.();
        yield chunk;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
