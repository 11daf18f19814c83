/**
 * The same bytes as a plain `Uint8Array`. Node hands out a `Buffer`, whose `toString` and `slice` differ; what a
 * program gets must not depend on the engine.
 */
export function plainArray({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
