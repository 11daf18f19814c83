/**
 * Options as the addon reads them: numbers in the order of `struct socket_options` in native/portcall.h, where 0 leaves
 * a thing as the kernel has it.
 */
import type { WireListenOptions, WireOptions } from "../socket-options.ts";

/** libuv's, so that all engines notice a dead peer at the same time. */
const keepAliveIntervalMs = 1_000;
const keepAliveProbes = 10;

/** Options of a socket that connects, or of one that listens. */
export function optionNumbers(options: WireOptions & Partial<WireListenOptions>): readonly number[] {
  return [
    Number(options.noDelay),
    seconds(options.keepAliveMs),
    seconds(options.keepAliveIntervalMs ?? keepAliveIntervalMs),
    options.keepAliveProbes ?? keepAliveProbes,
    options.userTimeoutMs ?? 0,
    options.receiveBufferBytes ?? 0,
    options.sendBufferBytes ?? 0,
    Math.min(options.backlog ?? 0, 0x7fffffff),
    Number(options.ipv6Only ?? false),
    Number(options.reusePort ?? false),
  ];
}

/** The kernel counts in seconds, and no more than these; less than one is one, lest it be none. */
function seconds(ms: number): number {
  return Math.ceil(Math.min(ms, 32_767_000) / 1000);
}
