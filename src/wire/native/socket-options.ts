/**
 * Options as the addon reads them: numbers in the order of `struct socket_options` in native/portcall.h, where 0 leaves
 * a thing as the kernel has it.
 */
import { wholeSeconds, type WireListenOptions, type WireOptions } from "../socket-options.ts";

/** libuv's, so that all engines notice a dead peer at the same time. */
const keepAliveIntervalMs = 1_000;
const keepAliveProbes = 10;

/** Options of a socket that connects, or of one that listens. */
export function optionNumbers(options: WireOptions & Partial<WireListenOptions>): readonly number[] {
  return [
    Number(options.noDelay),
    wholeSeconds(options.keepAliveMs),
    wholeSeconds(options.keepAliveIntervalMs ?? keepAliveIntervalMs),
    options.keepAliveProbes ?? keepAliveProbes,
    options.userTimeoutMs ?? 0,
    options.receiveBufferBytes ?? 0,
    options.sendBufferBytes ?? 0,
    Math.min(options.backlog ?? 0, 0x7fffffff),
    Number(options.ipv6Only ?? false),
    Number(options.reusePort ?? false),
  ];
}
