/**
 * Bytes in JSON without loss: as text if they are UTF-8, or else as base64.
 */

/** Exactly one of the two. */
export type JsonBytes = { readonly text: string } | { readonly base64: string };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function jsonBytes(bytes: Uint8Array): JsonBytes {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
  }
}
