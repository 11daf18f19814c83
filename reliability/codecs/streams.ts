/** Random streams: some are valid at first, most are nearly valid. */
import type { Prng } from "../prng.ts";
import type { CodecRow } from "./rows.ts";

/**
 * Fills `target` with bytes for a codec: valid pieces, significant bytes, random bytes,
 * and now and then a changed byte.
 */
export function fillStream(target: Uint8Array, { telling, pieces }: CodecRow, prng: Prng): void {
  let length = 0;
  const wild = prng.below(8);
  while (length < target.length) {
    if (prng.below(8) < wild) {
      target[length++] = prng.below(4) === 0 ? prng.below(256) : prng.oneOf(telling);
      continue;
    }
    const piece = prng.oneOf(pieces);
    const room = target.length - length;
    target.set(piece.length > room ? piece.subarray(0, room) : piece, length);
    length += Math.min(piece.length, room);
  }
  if (prng.below(4) === 0) target[prng.below(target.length)] = prng.oneOf(telling);
}
