/** Streams at random: some of them valid for a while, most of them nearly. */
import type { Chance } from "../chance.ts";
import type { CodecRow } from "./rows.ts";

/**
 * Fills `target` with bytes of a codec's kind: valid pieces, telling bytes, any bytes,
 * and now and then a byte of what is there already changed.
 */
export function fillStream(target: Uint8Array, { telling, pieces }: CodecRow, chance: Chance): void {
  let length = 0;
  const wild = chance.below(8);
  while (length < target.length) {
    if (chance.below(8) < wild) {
      target[length++] = chance.below(4) === 0 ? chance.below(256) : chance.oneOf(telling);
      continue;
    }
    const piece = chance.oneOf(pieces);
    const room = target.length - length;
    target.set(piece.length > room ? piece.subarray(0, room) : piece, length);
    length += Math.min(piece.length, room);
  }
  if (chance.below(4) === 0) target[chance.below(target.length)] = chance.oneOf(telling);
}
