/**
 * What a stream holds now, all of it: Node 26 gives it out a piece at a time.
 */
import type { Readable } from "node:stream";

export function readAll(stream: Readable): string {
  let text = "";
  for (;;) {
    const piece = stream.read() as Uint8Array | string | null;
    if (piece === null) return text;
    text += Buffer.from(piece).toString();
  }
}
