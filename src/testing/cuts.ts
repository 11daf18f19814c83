/** Streams split into chunks, and decoded as a connection decodes them. */
import { ByteQueue } from "../base/byte-queue.ts";
import { encodeText } from "../base/bytes.ts";
import { CodecError, type Decoder } from "../codec/index.ts";

/** The result of decoding a stream. */
export interface Outcome<Message> {
  readonly received: Message[];
  /** The error that ended it, if any. */
  readonly error: Pick<CodecError, "kind" | "message" | "missingBytes" | "option"> | undefined;
}

/**
 * Decodes chunks one by one, and then the end of the stream.
 *
 * @throws {Error} if more bytes than `heldBytesMax` wait for the rest of their message.
 */
export function decodeAll<Message>(
  codec: { decoder(): Decoder<Message> },
  chunks: Iterable<Uint8Array>,
  heldBytesMax: number = Infinity,
): Outcome<Message> {
  const queue = new ByteQueue();
  const decoder = codec.decoder();
  const received: Message[] = [];
  try {
    for (const chunk of chunks) {
      queue.push(chunk);
      for (let next = decoder.decode(queue); next !== undefined; next = decoder.decode(queue))
        received.push(next);
      if (queue.length > heldBytesMax)
        throw new Error(`${queue.length} bytes are held, more than ${heldBytesMax}`);
    }
    for (let last = decoder.end(queue); last !== undefined; last = decoder.end(queue)) received.push(last);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    const { kind, message, missingBytes, option } = error;
    return { received, error: { kind, message, missingBytes, option } };
  }
  return { received, error: undefined };
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(encodeText(text));
}

/** The same bytes, in chunks that end at the given offsets (modulo the length + 1). */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const offsets = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...offsets].map((offset, index) => bytes.slice(offset, offsets[index] ?? bytes.length));
}

/** All ways to split in two. */
export function* everySplit(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let offset = 1; offset < bytes.length; offset++) yield [bytes.slice(0, offset), bytes.slice(offset)];
}

/** All 2^(n-1) ways to split. */
export function* everyCut(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let mask = 0; mask < 2 ** Math.max(0, bytes.length - 1); mask++) {
    const chunks: Uint8Array[] = [];
    let start = 0;
    for (let offset = 1; offset <= bytes.length; offset++) {
      if (offset < bytes.length && ((mask >> (offset - 1)) & 1) === 0) continue;
      chunks.push(bytes.slice(start, offset));
      start = offset;
    }
    yield chunks;
  }
}

/** One chunk per byte. */
export function singleBytes(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}
