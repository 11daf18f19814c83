/**
 * The same bytes as a plain `Uint8Array`. Node passes a `Buffer`, whose `toString` and `slice` differ. Programs must
 * receive the same type from every engine.
 */
export function plainArray({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
