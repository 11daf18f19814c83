/**
 * Keeps TCP's urgent data in the stream, as RFC 6093, section 3.2 recommends.
 *
 * node:net has no call for SO_OOBINLINE, so the addon sets it. Without the addon (systems other than Linux, Bun,
 * Deno) the urgent byte is missing from the data, as in node:net itself: see docs/engines.md.
 */
import type net from "node:net";
import { loadAddon } from "../addon/addon.ts";

/** Call it before anything is read, because reading separates urgent data. */
export function inlineUrgent(socket: net.Socket): void {
  const { fd = -1 } =
    (socket as net.Socket & { readonly _handle?: { readonly fd?: number } })["_handle"] ?? {};
  if (fd < 0) return;
  const loaded = loadAddon();
  // It cannot fail on a TCP socket.
  if ("addon" in loaded) loaded.addon.inlineUrgent(fd);
}
