/**
 * Bytes as offset, hex and ASCII in rows of sixteen, for `--hex`.
 *
 *     < 00000000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  |HTTP/1.1 200 OK.|
 *     > 00000000  68 69 0a                                          |hi.|
 *
 * Each chunk starts a row, so that the rows show which bytes arrived together. The offsets continue, separately for
 * each direction.
 */
const rowBytes = 16;

export class HexDump {
  readonly #offsets = { "<": 0, ">": 0 };

  /** Received bytes as rows that end with LF. */
  received(chunk: Uint8Array): string[] {
    return this.#rows("<", chunk);
  }

  /** Sent bytes as rows that end with LF. */
  sent(chunk: Uint8Array): string[] {
    return this.#rows(">", chunk);
  }

  #rows(mark: "<" | ">", chunk: Uint8Array): string[] {
    const rows: string[] = [];
    for (let start = 0; start < chunk.length; start += rowBytes) {
      const row = hexRow(this.#offsets[mark] + start, chunk.subarray(start, start + rowBytes));
      rows.push(`${mark} ${row}\n`);
    }
    this.#offsets[mark] += chunk.length;
    return rows;
  }
}

function hexRow(offset: number, bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const halves = [hex.slice(0, 8).join(" ").padEnd(23), hex.slice(8).join(" ").padEnd(23)];
  const ascii = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
  return `${offset.toString(16).padStart(8, "0")}  ${halves.join("  ")}  |${ascii.join("")}|`;
}
