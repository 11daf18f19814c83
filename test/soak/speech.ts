/**
 * The data that each end of a pair sends: a stream of bytes that identifies the pair, the direction and the position
 * everywhere.
 */

const period = 65_521;
const pieceBytesMax = 300_000;

/** Long enough for a piece from any position of the period. */
const table = new Uint8Array(period + pieceBytesMax);
for (let index = 0; index < table.length; index++) {
  const offset = index % period;
  table[index] = (offset * 31 + (offset >> 8) * 7 + (offset >> 13)) % 256;
}

/** The length of the head of a client's data, which is the number of its pair. */
export const headBytes = 4;

/** The bytes of a stream from a position on. They never change. */
export type Speech = (from: number, length: number) => Uint8Array;

/** The client's data begins with the number of the pair, so that the server knows the client. */
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

/** Whether bytes are those of a stream at that position. */
export function isSaid(speech: Speech, from: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const said = speech(from + at, bytes.length - at);
    if (Buffer.compare(bytes.subarray(at, at + said.length), said) !== 0) return false;
    at += said.length;
  }
  return true;
}
