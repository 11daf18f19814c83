/**
 * Turns LF into CR LF on output, for `--crlf`. An existing CR LF stays so, even if it is split between chunks.
 */
import { indexOfByte, newBytes } from "../../base/bytes.ts";

const CR = 0x0d;
const LF = 0x0a;

/** The chunks with each LF turned into CR LF. */
export async function* withCrlf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let last = 0;
  for await (const chunk of chunks) {
    yield crlfEnded(chunk, last);
    last = chunk.at(-1) ?? last;
  }
}

/** The chunk with each LF turned into CR LF. `last` is the byte before it. */
export function crlfEnded(chunk: Uint8Array, last: number): Uint8Array {
  const before = (index: number): number => (index === 0 ? last : (chunk[index - 1] as number));
  let bare = 0;
  for (let at = indexOfByte(chunk, LF, 0); at !== -1; at = indexOfByte(chunk, LF, at + 1)) {
    if (before(at) !== CR) bare += 1;
  }
  if (bare === 0) return chunk;
  const ended = newBytes(chunk.length + bare);
  let to = 0;
  for (const [at, byte] of chunk.entries()) {
    if (byte === LF && before(at) !== CR) ended[to++] = CR;
    ended[to++] = byte;
  }
  return ended;
}
