/**
 * The input of `nc`: stdin, shared by successive connections, and split into lines if a delay between lines is set.
 */
import { indexOfByte } from "../../base/bytes.ts";
import { pause, type Clock } from "../../base/clock.ts";
import type { Terminal } from "../tty/terminal.ts";

const LF = 0x0a;

/** stdin for successive connections: bytes that one has not taken go to the next. */
export class SharedInput {
  readonly #terminal: Terminal;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** A pending read, which may outlast its connection. */
  #next: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** The bytes until the end of stdin, or until `over` resolves. */
  async *until(over: Promise<unknown>): AsyncGenerator<Uint8Array, undefined> {
    this.#chunks ??= this.#terminal.input()[Symbol.asyncIterator]();
    const gone = over.then(() => undefined);
    for (;;) {
      this.#next ??= this.#chunks.next();
      const result = await Promise.race([gone, this.#next]);
      if (result === undefined) return;
      // The end is kept, so that the next connection sees it too.
      if (result.done === true) return;
      this.#next = undefined;
      yield result.value;
    }
  }
}

export async function* noInput(): AsyncGenerator<Uint8Array, undefined> {
  // Nothing is sent.
}

/** The same in lines, with a delay between them. */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  gapMs: number,
  clock: Clock,
): AsyncGenerator<Uint8Array, undefined> {
  let isFirst = true;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const end = indexOfByte(chunk, LF, start);
      const next = end === -1 ? chunk.length : end + 1;
      if (!isFirst) await pause(clock, gapMs, true);
      isFirst = false;
      yield chunk.subarray(start, next);
      start = next;
    }
  }
}
