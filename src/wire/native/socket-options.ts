/**
 * Options as the addon reads them: numbers in the order of `struct socket_options` in native/portcall.h. 0 keeps the
 * kernel's default.
 */
import { wholeSeconds, type WireListenOptions, type WireOptions } from "../socket-options.ts";

/** As in libuv, so that all engines detect a dead peer at the same time. */
const keepAliveIntervalMs = 1_000;
const keepAliveProbes = 10;

/** Options of a socket that connects or listens. */
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
