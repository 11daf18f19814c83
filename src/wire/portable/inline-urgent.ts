/**
 * Keeps TCP's urgent data in the stream, where it belongs (RFC 6093, section 3.2).
 *
 * node:net has no call for SO_OOBINLINE, so the addon sets it. Without the addon (another system than Linux, Bun,
 * Deno) the urgent byte is missing from the data, as with node:net itself: see docs/engines.md.
 */
import type net from "node:net";
import { loadAddon } from "../addon/addon.ts";

/** To be called before anything is read: only reading tells urgent data apart. */
export function inlineUrgent(socket: net.Socket): void {
  const { fd = -1 } =
    (socket as net.Socket & { readonly _handle?: { readonly fd?: number } })["_handle"] ?? {};
  if (fd < 0) return;
  const loaded = loadAddon();
  // It cannot fail on a TCP socket.
  if ("addon" in loaded) loaded.addon.inlineUrgent(fd);
}
