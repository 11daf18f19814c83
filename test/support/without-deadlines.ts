/**
 * Options with which nothing ends but by what is done.
 */
import type { ConnectionOptions } from "../../src/index.ts";

export const withoutDeadlines: ConnectionOptions = {
  firstByteTimeoutMs: Infinity,
  idleTimeoutMs: Infinity,
  messageTimeoutMs: Infinity,
  writeStallTimeoutMs: Infinity,
  halfCloseTimeoutMs: Infinity,
  writeQueueBytesMax: Infinity,
};
