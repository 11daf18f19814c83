/**
 * Removes the file that a dead server left at the path of its Unix socket (F101).
 *
 * A connect decides: if it is refused, no process listens, and the file can be removed. Anything that is not a socket
 * is never touched. bind then fails with EADDRINUSE.
 */
import net from "node:net";
import { pause, systemClock } from "../../base/clock.ts";
import { identityOf, removeIfStill } from "./socket-file.ts";
import { systemCode } from "./system-code.ts";

/**
 * A starting server binds its socket shortly before it listens, and refuses connections until then. So a socket
 * counts as dead only when it refuses twice, this far apart.
 */
const secondLookMs = 10;

export async function removeStaleSocket(path: string): Promise<void> {
  if (path.startsWith("@")) return;
  const found = identityOf(path);
  if (found === undefined || !(await isWithoutListener(path))) return;
  await pause(systemClock, secondLookMs, true);
  if (identityOf(path) !== found || !(await isWithoutListener(path))) return;
  try {
    removeIfStill(path, found);
  } catch {
    // Not permitted, or done by another program meanwhile: bind reports the result.
  }
}

function isWithoutListener(path: string): Promise<boolean> {
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
