/**
 * What each end of a pair says: a stream of bytes that tells at every place which pair, which way and where it is.
 */

const period = 65_521;
const pieceBytesMax = 300_000;

/** Long enough for a piece from any place of the period. */
const table = new Uint8Array(period + pieceBytesMax);
for (let index = 0; index < table.length; index++) {
  const place = index % period;
  table[index] = (place * 31 + (place >> 8) * 7 + (place >> 13)) % 256;
}

/** Of how many bytes the head of a client's speech is: the number of its pair. */
export const headBytes = 4;

/** The bytes of a speech from a place on, none of which ever changes. */
export type Speech = (from: number, length: number) => Uint8Array;

/** The client's speech begins with the number of the pair, so that the server knows whom it hears. */
export function speechOf(pair: number, side: "client" | "server"): Speech {
  const shift = (pair * 7919 + (side === "client" ? 0 : 13_007)) % period;
  const body: Speech = (from, length) => {
    const at = (from + shift) % period;
    return table.subarray(at, at + Math.min(length, pieceBytesMax));
  };
  if (side === "server") return body;
  const head = new Uint8Array(headBytes);
  new DataView(head.buffer).setUint32(0, pair);
  return (from, length) => {
    if (from >= headBytes) return body(from, length);
    const bytes = new Uint8Array(body(from, length));
    bytes.set(head.subarray(from, from + bytes.length));
    return bytes;
  };
}

/** Whether bytes are what a speech says at that place. */
export function isSaid(speech: Speech, from: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const said = speech(from + at, bytes.length - at);
    if (Buffer.compare(bytes.subarray(at, at + said.length), said) !== 0) return false;
    at += said.length;
  }
  return true;
}
