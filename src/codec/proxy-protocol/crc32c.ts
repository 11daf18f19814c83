/** CRC32C (Castagnoli), as in RFC 9260, appendix A. */

const polynomial = 0x82f63b78;

/** @param skipped the offset of four bytes that count as zeros: the checksum itself. */
export function crc32c(bytes: Uint8Array, skipped: number = -4): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index++) {
    const isSkipped = index >= skipped && index < skipped + 4;
    crc ^= isSkipped ? 0 : (bytes[index] as number);
    // Bit by bit: a header is short and comes once a connection, which does not justify a table.
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (polynomial & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
