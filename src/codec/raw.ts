/**
 * No framing: chunks as they arrive.
 *
 * For protocols without messages, and for a look at what a peer sends. Chunk boundaries carry no
 * meaning: the network splits and joins data freely.
 */
import { bytesToSend } from "../base/arguments.ts";
import type { Codec } from "./codec.ts";

/**
 * A codec whose messages are the chunks as they arrive, never empty.
 *
 * It never fails and holds nothing back. It sends bytes unchanged and text as UTF-8. An empty message
 * sends nothing.
 */
export function raw(): Codec<Uint8Array, Uint8Array | string> {
  return {
    name: "raw",
    decoder: () => ({
      decode: (bytes) => (bytes.length === 0 ? undefined : bytes.takeChunk()),
      end: (bytes) => (bytes.length === 0 ? undefined : bytes.takeChunk()),
    }),
    encode: (message) => bytesToSend("raw: message", message),
  };
}
