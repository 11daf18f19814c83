/**
 * The ways of reading that belong to no codec, as decoders.
 */
import type { ByteQueue } from "../base/byte-queue.ts";
import { CodecError, delimited, type Decoder } from "../codec/index.ts";

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
export function until(
  delimiter: string | Uint8Array,
  messageBytesMax: number | undefined,
): Decoder<Uint8Array> {
  return {
    ...delimited(delimiter, { keepDelimiter: true, messageBytesMax }).decoder(),
    end(bytes) {
      if (bytes.length === 0) return undefined;
      throw new CodecError("truncated", `the peer ended ${bytes.length} bytes after the last delimiter`);
    },
  };
}

/** All messages that are here, at least one. */
export function batchesOf<Message>(decoder: Decoder<Message>): Decoder<Message[]> {
  return {
    ownsMessages: decoder.ownsMessages,
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
