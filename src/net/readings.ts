/**
 * The ways of reading that belong to no codec, as decoders.
 */
import type { ByteQueue } from "../base/bytes.ts";
import { CodecError, type Decoder } from "../codec/index.ts";

/** Exactly `count` bytes. */
export function exactly(count: number): Decoder<Uint8Array> {
  return {
    decode: (bytes) => (bytes.length < count ? undefined : bytes.take(count)),
    end(bytes) {
      if (bytes.length === 0) return undefined;
      throw new CodecError("truncated", `the peer ended after ${bytes.length} of ${count} bytes`, {
        missingBytes: count - bytes.length,
      });
    },
  };
}

/** Up to and with a delimiter. */
export function until(delimiter: Uint8Array, bytesMax: number): Decoder<Uint8Array> {
  if (delimiter.length === 0) throw new TypeError("readUntil: the delimiter is empty");
  let looked = 0;
  return {
    decode(bytes) {
      const from = Math.max(0, looked - bytes.consumed);
      const found = bytes.indexOfBytes(delimiter, from);
      if (found === -1) {
        looked = bytes.consumed + Math.max(0, bytes.length - delimiter.length + 1);
      }
      const length = found === -1 ? bytes.length : found + delimiter.length;
      if (length > bytesMax) {
        throw new CodecError("too-long", `more than ${bytesMax} bytes before the delimiter`, {
          option: "bytesMax",
        });
      }
      return found === -1 ? undefined : bytes.take(length);
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      throw new CodecError("truncated", `the peer ended ${bytes.length} bytes after the last delimiter`);
    },
  };
}

/** All messages that are here, at least one. */
export function batchesOf<Message>(decoder: Decoder<Message>): Decoder<Message[]> {
  return {
    decode(bytes) {
      const batch: Message[] = [];
      try {
        for (;;) {
          const message = decoder.decode(bytes);
          if (message === undefined) break;
          batch.push(message);
        }
      } catch (error) {
        // What was whole is delivered first; the decoder throws again when asked again.
        if (batch.length === 0) throw error;
      }
      return batch.length === 0 ? undefined : batch;
    },
    end(bytes: ByteQueue) {
      const last = decoder.end(bytes);
      return last === undefined ? undefined : [last];
    },
  };
}
