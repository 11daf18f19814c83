/**
 * The file of a Unix socket, known by its device and inode and not by its name: another
 * program may have put its own file at the same path since.
 */
import { linkSync, lstatSync, renameSync, statSync, unlinkSync } from "node:fs";

/** Whether a path holds something other than a socket: nobody can listen or be reached there. */
export function isNoSocket(path: string): boolean {
  if (path.startsWith("@")) return false;
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Which socket file is at a path; `undefined` if there is none, or it cannot be looked at. */
export function identityOf(path: string): string | undefined {
  try {
    const found = lstatSync(path, { bigint: true });
    // The number of a deleted inode is used again, so the time counts too.
    return found.isSocket() ? `${found.dev} ${found.ino} ${found.mtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a socket file only if it is still the same one. No system call removes a file on
 * a condition, so the file is moved aside, looked at, and moved back if it is another.
 *
 * @throws the system's error if the folder may not be changed.
 */
export function removeIfStill(path: string, identity: string): void {
  if (identityOf(path) !== identity) return;
  const aside = asideOf(path);
  renameSync(path, aside);
  if (identityOf(aside) === identity) unlinkSync(aside);
  else moveBack(aside, path);
}

/** Runs `change`, which removes whatever is at the path, without losing what is there now. */
export function keepFileDuring(path: string, change: () => void): void {
  const aside = asideOf(path);
  try {
    renameSync(path, aside);
  } catch {
    // Nothing is there, or nothing may be removed there.
    change();
    return;
  }
  try {
    change();
  } finally {
    moveBack(aside, path);
  }
}

/** A third program may have taken the path meanwhile; then its file stays, as if it had replaced the other. */
function moveBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      // No link can be made to a folder, or to a file of another user (fs.protected_hardlinks).
      renameSync(aside, path);
      return;
    }
  }
  unlinkSync(aside);
}

function asideOf(path: string): string {
  return `${path}.${Math.random().toString(36).slice(2)}`;
}
