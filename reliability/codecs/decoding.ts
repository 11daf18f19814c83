/**
 * Decodes one stream under one cut, as a connection would, and checks:
 * no error but a CodecError, and never more held than the limit allows.
 */
import { ByteQueue } from "../../src/engine.ts";
import { CodecError } from "../../src/index.ts";
import { addText, addValue, emptyFingerprint } from "./fingerprint.ts";
import type { CodecRow } from "./rows.ts";

/** The mask of an uncut stream. */
export const uncut = 0;

/** A promise broken by a codec. */
class Broken extends Error {}

/** Stands for an error, where a message could be. */
const failed = 0x20000;

/**
 * The stream comes in chunks: a new one begins behind the `n`-th byte where bit `n - 1` of
 * `mask` is set, the mask being repeated for longer streams.
 *
 * @returns The fingerprint of its messages and its end.
 * @throws {Broken} for an error without a type, and for too many bytes held.
 */
export function decodeUnder(row: CodecRow, stream: Uint8Array, mask: number): number {
  const queue = new ByteQueue();
  const decoder = row.codec.decoder();
  let fingerprint = emptyFingerprint;
  try {
    let start = 0;
    for (let place = 1; place <= stream.length; place++) {
      if (place < stream.length && ((mask >>> ((place - 1) & 31)) & 1) === 0) continue;
      queue.push(start === 0 && place === stream.length ? stream : stream.subarray(start, place));
      start = place;
      for (let next = decoder.decode(queue); next !== undefined; next = decoder.decode(queue))
        fingerprint = row.add(fingerprint, next);
      if (queue.length > row.heldBytesMax)
        throw new Broken(`${queue.length} bytes are held, and ${row.heldBytesMax} is the most`);
    }
    for (let last = decoder.end(queue); last !== undefined; last = decoder.end(queue))
      fingerprint = row.add(fingerprint, last);
    return fingerprint;
  } catch (error) {
    if (error instanceof CodecError) {
      const kind = addText(addValue(fingerprint, failed), error.message);
      return addValue(kind, error.missingBytes ?? -1);
    }
    throw error instanceof Broken ? error : new Broken(`an error without a type: ${String(error)}`);
  }
}

/** The same, but returns the failure as text in place of an error, so that it can be counted. */
export function judge(row: CodecRow, stream: Uint8Array, mask: number, whole: number): string | undefined {
  try {
    return decodeUnder(row, stream, mask) === whole ? undefined : "this split is not the whole";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The result of the uncut stream, or its failure. */
export function decodeWhole(row: CodecRow, stream: Uint8Array): number | string {
  try {
    return decodeUnder(row, stream, uncut);
  } catch (error) {
    return (error as Error).message;
  }
}
