/**
 * `-I` and `-O`: the kernel's socket buffers.
 */
import type { SocketOptions } from "../../net/index.ts";
import { whyNoEpoll } from "../../wire/index.ts";
import { UsageError } from "../usage.ts";
import type { NcValues } from "./flag-row.ts";

/** @throws {UsageError} if the engine cannot set them. */
export function buffersOf({ I: receive, O: send }: NcValues): SocketOptions {
  if ((receive ?? send) === undefined) return {};
  const whyNot = whyNoEpoll();
  if (whyNot !== undefined) throw new UsageError(`-I and -O need the epoll engine: ${whyNot}`);
  return { receiveBufferBytes: receive, sendBufferBytes: send };
}
