/**
 * What comes in on stdin, cut into datagrams.
 *
 * As with nc, what one read of stdin gives is one datagram, at most 16384 bytes: a line
 * when it is typed. Where the borders of piped data fall, the pipe decides.
 */

/** What nc reads at once. */
const pieceBytesMax = 16_384;

export async function* datagramsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of input) {
    for (let start = 0; start < chunk.length; start += pieceBytesMax) {
      yield chunk.subarray(start, start + pieceBytesMax);
    }
  }
}
