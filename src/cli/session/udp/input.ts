/**
 * Cuts stdin into datagrams.
 *
 * As in nc, each read of stdin gives one datagram of at most 16384 bytes: a line if it is typed. For piped data, the
 * pipe decides where the boundaries are.
 */

/** The most that nc reads at once. */
const pieceBytesMax = 16_384;

export async function* datagramsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of input) {
    for (let start = 0; start < chunk.length; start += pieceBytesMax) {
      yield chunk.subarray(start, start + pieceBytesMax);
    }
  }
}
