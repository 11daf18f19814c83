/**
 * Clears away the Unix socket that a dead server left behind (F101).
 *
 * A connect decides: refused means that nobody listens, so the file goes;
 * anything that is not a socket is never touched. The kernel then says
 * EADDRINUSE for what is still there.
 */
import { lstat, unlink } from "node:fs/promises";
import net from "node:net";
import { systemCode } from "./system-code.ts";

export async function removeStaleSocket(path: string): Promise<void> {
  if (path.startsWith("@")) return;
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  if (await nobodyListens(path)) await unlink(path).catch(() => undefined);
}

function nobodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error) => {
      resolve(systemCode(error) === "ECONNREFUSED");
    });
  });
}
