/**
 * The engines for Linux. The addon in native/ reads many sockets at once, with epoll or io_uring, and enters
 * JavaScript once per batch.
 */
import { clock as checkClock } from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import { systemCodeOf } from "../../base/system-codes.ts";
import { errnoName } from "../shared/errno-name.ts";
import { processDescriptors } from "../shared/descriptors.ts";
import { networkDenied } from "../shared/network-permission.ts";
import { tcpOptions } from "../socket-options.ts";
import type { Engine } from "../wire.ts";
import { loadAddon } from "../addon/addon.ts";
import { nativeConnect } from "./native-connect.ts";
import { openNativeDatagrams } from "./native-datagrams.ts";
import { nativeInherit, nativeListen } from "./native-listener.ts";
import { nativeLoop } from "./native-loop.ts";
import type { Backend } from "./records.ts";
import { systemError } from "./system-errors.ts";

/**
 * Creates the epoll engine. It has no state of its own: all engines of a thread share its loop.
 *
 * @param clock the source of time. Default: the system's.
 * @throws {Error} if the addon does not load; check `whyNoEpoll` first.
 */
export function createEpollEngine(clock: Clock = systemClock): Engine {
  return createNativeEngine("epoll", clock);
}

/**
 * Creates the io_uring engine. It has no state of its own: all engines of a thread share its loop.
 *
 * @param clock the source of time. Default: the system's.
 * @throws {Error} if io_uring does not work here; check `whyNoUring` first.
 */
export function createUringEngine(clock: Clock = systemClock): Engine {
  return createNativeEngine("io_uring", clock);
}

function createNativeEngine(name: Backend, clock: Clock): Engine {
  checkClock("clock", clock);
  const loop = nativeLoop(name);
  return {
    name,
    options: [...tcpOptions, "reusePort", "fd"],
    connect: (address, options, signal) =>
      networkDenied("connect") ?? nativeConnect(loop, address, options, signal, clock),
    listen: (address, options, events) =>
      networkDenied("bind") ?? nativeListen(loop, address, options, events, clock),
    inherit: (fd, options, events) =>
      networkDenied("listen") ?? nativeInherit(loop, fd, options, events, clock),
    openDatagrams: (local, options) => networkDenied("bind") ?? openNativeDatagrams(loop, local, options),
    descriptors: processDescriptors,
  };
}

/** Why the epoll engine does not work here; `undefined` if it does. */
export function whyNoEpoll(): string | undefined {
  const loaded = loadAddon();
  return "whyNot" in loaded ? loaded.whyNot : whyNoLoop("epoll");
}

/** Why this thread cannot create that loop now: memory or descriptors are lacking. Once created, the loop stays. */
function whyNoLoop(name: Backend): string | undefined {
  try {
    nativeLoop(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The result of the probe. A temporary shortage is not stored. */
let probed: string | undefined;

/** Why the io_uring engine does not work here, found by trying; `undefined` if it does. */
export function whyNoUring(): string | undefined {
  const loaded = loadAddon();
  if ("whyNot" in loaded) return loaded.whyNot;
  if (probed === undefined) {
    const errno = loaded.addon.probe();
    const meaning = meaningOf(errno);
    if (errno !== 0 && systemCodeOf(errnoName(errno))?.kind === "exhausted") return meaning;
    probed = meaning;
  }
  return probed === "" ? whyNoLoop("io_uring") : probed;
}

/** Describes the failure of a probe; empty after a success. */
function meaningOf(errno: number): string {
  if (errno === 0) return "";
  const { code } = systemError(errno, "connect");
  if (code === "EPERM" || code === "EACCES") return `${code} (seccomp or kernel.io_uring_disabled)`;
  if (code === "ENOSYS") return "ENOSYS (the kernel has none)";
  if (code === "EINVAL") return "EINVAL (the kernel is older than Linux 6.17)";
  return code;
}
