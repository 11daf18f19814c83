/**
 * What `nc` sends: stdin, shared by the conversations that follow on one another, and
 * line by line where time is to pass between lines.
 */
import { indexOfByte } from "../../base/bytes.ts";
import { pause, type Clock } from "../../base/clock.ts";
import type { Terminal } from "../tty/terminal.ts";

const LF = 0x0a;

/** stdin, for one conversation after the other: what one has not taken is the next one's. */
export class SharedInput {
  readonly #terminal: Terminal;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** Asked for, and perhaps not here before its conversation is over. */
  #next: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** What comes until its end, or until the conversation is over. */
  async *until(over: Promise<unknown>): AsyncGenerator<Uint8Array, undefined> {
    this.#chunks ??= this.#terminal.input()[Symbol.asyncIterator]();
    const gone = over.then(() => undefined);
    for (;;) {
      this.#next ??= this.#chunks.next();
      const result = await Promise.race([gone, this.#next]);
      if (result === undefined) return;
      // Kept at the end: whoever asks again hears of it again.
      if (result.done === true) return;
      this.#next = undefined;
      yield result.value;
    }
  }
}

/** Ends at once. */
export async function* noInput(): AsyncGenerator<Uint8Array, undefined> {
  // Nothing is sent.
}

/** The same in lines, with so long between them. */
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
