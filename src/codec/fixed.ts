/** Messages of a fixed size. */
import { bytesToSend, wholeNumber } from "../base/arguments.ts";
import { CodecError, type Codec } from "./codec.ts";

/**
 * A codec for messages of exactly `bytes` bytes, without delimiters (the four bytes of RFC 868's time,
 * log records). Text is sent as UTF-8.
 *
 * Decoding fails only if the stream ends inside a message: `truncated`, with the number of missing
 * bytes. Encoding throws a TypeError for any other size.
 *
 * @throws {TypeError} unless `bytes` is a whole number of 1 or more.
 */
export function fixed(bytes: number): Codec<Uint8Array, Uint8Array | string> {
  const size = wholeNumber("fixed: bytes", bytes, 1);
  return {
    name: "fixed",
    decoder: () => ({
      decode: (waiting) => (waiting.length < size ? undefined : waiting.take(size)),
      end(waiting) {
        if (waiting.length === 0) return undefined;
        throw new CodecError(
          "truncated",
          `the peer ended after ${waiting.length} of the ${size} bytes of a message`,
          {
            missingBytes: size - waiting.length,
          },
        );
      },
    }),
    encode(message) {
      const payload = bytesToSend("fixed: message", message);
      if (payload.length === size) return payload;
      throw new TypeError(`fixed: a message of ${payload.length} bytes, where each has ${size}`);
    },
  };
}
