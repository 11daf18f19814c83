/**
 * The engine for Linux: the addon under native/, which reads many sockets at once and enters
 * JavaScript once a batch. Datagrams are the portable engine's.
 */
import { systemClock, type Clock } from "../../base/clock.ts";
import { processDescriptors } from "../portable/descriptors.ts";
import { openPortableDatagrams } from "../portable/portable-datagrams.ts";
import { tcpOptions } from "../socket-options.ts";
import type { Engine } from "../wire.ts";
import { loadAddon } from "./addon.ts";
import { nativeConnect } from "./native-connect.ts";
import { nativeInherit, nativeListen } from "./native-listener.ts";
import { nativeLoop } from "./native-loop.ts";

/**
 * Makes the epoll engine. It keeps no state of its own: all of a thread share its loop.
 *
 * @throws {Error} where the addon does not load; `whyNoEpoll` tells beforehand.
 */
export function createEpollEngine(clock: Clock = systemClock): Engine {
  const loop = nativeLoop();
  return {
    name: "epoll",
    stableViews: false,
    options: [...tcpOptions, "reusePort", "fd"],
    connect: (address, options, signal) => nativeConnect(loop, address, options, signal),
    listen: (address, options, events) => nativeListen(loop, address, options, events, clock),
    inherit: (fd, options, events) => nativeInherit(loop, fd, options, events, clock),
    openDatagrams: openPortableDatagrams,
    descriptors: processDescriptors,
  };
}

/** Why there is no epoll engine here; `undefined` where there is one. */
export function whyNoEpoll(): string | undefined {
  const loaded = loadAddon();
  return "whyNot" in loaded ? loaded.whyNot : undefined;
}
