/** Decoders for the ways of reading that do not use a codec. */
import type { ByteQueue } from "../../base/byte-queue.ts";
import { CodecError, delimited, type Decoder } from "../../codec/index.ts";

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

/** The next chunk, at most `count` bytes. */
export function atMost(count: number): Decoder<Uint8Array> {
  const take = (bytes: ByteQueue): Uint8Array | undefined =>
    bytes.length === 0 ? undefined : bytes.take(Math.min(count, bytes.length));
  return { decode: take, end: take };
}

/** Up to and including a delimiter. */
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

/** Maximum batch size: a loop over one batch does not block the event loop for long. */
const batchMessagesMax = 1_024;

/**
 * The messages that are ready, at least one and at most `batchMessagesMax`.
 *
 * @param took called with the number of messages
 */
export function batchesOf<Message>(
  decoder: Decoder<Message>,
  took: (messages: number) => void,
): Decoder<Message[]> {
  return {
    ownsMessages: decoder.ownsMessages,
    decode(bytes) {
      const batch: Message[] = [];
      try {
        while (batch.length < batchMessagesMax) {
          const message = decoder.decode(bytes);
          if (message === undefined) break;
          batch.push(message);
        }
      } catch (error) {
        // Delivers the complete messages first; the decoder throws again on the next call.
        if (batch.length === 0) throw error;
      }
      if (batch.length === 0) return undefined;
      took(batch.length);
      return batch;
    },
    end(bytes: ByteQueue) {
      const last = decoder.end(bytes);
      return last === undefined ? undefined : [last];
    },
  };
}
