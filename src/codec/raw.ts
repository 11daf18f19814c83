/**
 * No framing: chunks as they come.
 *
 * For protocols without messages, and for looking at what a peer really sends. A
 * chunk's borders mean nothing: the network cuts and joins as it likes.
 */
import { bytesToSend } from "../base/arguments.ts";
import type { Codec } from "./codec.ts";

/**
 * A codec whose messages are whatever bytes have come, never empty.
 *
 * It never fails, holds nothing back, and encodes bytes as they are (text as
 * UTF-8). An empty message sends nothing.
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
