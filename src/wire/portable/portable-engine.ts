/**
 * The engine that works everywhere, over `node:net` and `node:dgram`.
 */
import { clock as checkClock } from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import { networkDenied } from "../shared/network-permission.ts";
import type { Engine } from "../wire.ts";
import { processDescriptors } from "../shared/descriptors.ts";
import { portableConnect } from "./portable-connect.ts";
import { openPortableDatagrams } from "./portable-datagrams.ts";
import { portableInherit, portableListen } from "./portable-listener.ts";

/**
 * Creates the portable engine, on node:net and node:dgram. It has no state, so one serves all callers.
 *
 * @param clock the source of time. Default: the system's.
 */
export function createPortableEngine(clock: Clock = systemClock): Engine {
  checkClock("clock", clock);
  return {
    name: "portable",
    options: ["fd"],
    connect: (address, options, signal) =>
      networkDenied("connect") ?? portableConnect(address, options, signal, clock),
    listen: (address, options, events) =>
      networkDenied("bind") ?? portableListen(address, options, events, clock),
    inherit: (fd, options, events) => networkDenied("listen") ?? portableInherit(fd, options, events, clock),
    openDatagrams: (local, options) => networkDenied("bind") ?? openPortableDatagrams(local, options),
    descriptors: processDescriptors,
  };
}
