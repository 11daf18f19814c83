/**
 * What is at the path of a Unix socket; and clears away what a dead server left there (F101).
 *
 * A connect decides: refused means that nobody listens, so the file goes;
 * anything that is not a socket is never touched. The kernel then says
 * EADDRINUSE for what is still there.
 */
import { linkSync, lstatSync, renameSync, statSync, unlinkSync } from "node:fs";
import net from "node:net";
import { systemCode } from "./system-code.ts";

export async function removeStaleSocket(path: string): Promise<void> {
  if (path.startsWith("@")) return;
  const found = identityOf(path);
  if (found === undefined || !(await nobodyListens(path))) return;
  try {
    removeIfStill(path, found);
  } catch {
    // Not allowed, or somebody else has done it meanwhile: bind will say how things are.
  }
}

/** Whether something else than a socket is at a path; nobody can listen there, or be reached. */
export function isNoSocket(path: string): boolean {
  if (path.startsWith("@")) return false;
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Which socket's file this is; `undefined` if it is none, or cannot be looked at. */
function identityOf(path: string): string | undefined {
  try {
    const found = lstatSync(path, { bigint: true });
    // The number of an inode that has gone is given out again.
    return found.isSocket() ? `${found.dev} ${found.ino} ${found.mtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Another server that starts now may have removed the file already and put its own
 * there. A file cannot be removed on a condition; it can be taken aside, looked at and
 * put back, within microseconds.
 */
function removeIfStill(path: string, found: string): void {
  const aside = `${path}.${Math.random().toString(36).slice(2)}`;
  renameSync(path, aside);
  try {
    if (identityOf(aside) !== found) linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
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
