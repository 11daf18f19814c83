/**
 * The file of a Unix socket, identified by device and inode instead of its name: another program may have replaced
 * the file at the same path.
 */
import { linkSync, lstatSync, renameSync, statSync, unlinkSync } from "node:fs";

/** Whether a path holds something other than a socket, so that listening and connecting fail there. */
export function isNoSocket(path: string): boolean {
  if (path.startsWith("@")) return false;
  try {
    return !statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** The identity of the socket file at a path; `undefined` if there is none, or it cannot be read. */
export function identityOf(path: string): string | undefined {
  try {
    const found = lstatSync(path, { bigint: true });
    // Inode numbers are reused after deletion, so the time counts too.
    return found.isSocket() ? `${found.dev} ${found.ino} ${found.mtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a socket file only if it is still the same one. No system call removes a file conditionally, so the file is
 * renamed, checked, and renamed back if it is another.
 *
 * @throws the system's error if the folder cannot be changed.
 */
export function removeIfStill(path: string, identity: string): void {
  if (identityOf(path) !== identity) return;
  const aside = asideOf(path);
  renameSync(path, aside);
  if (identityOf(aside) === identity) unlinkSync(aside);
  else moveBack(aside, path);
}

/** Runs `change`, which removes whatever is at the path, without losing the file that is there now. */
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

/** If a third program has taken the path meanwhile, its file stays, as if it had replaced the other. */
function moveBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      // A link cannot be made to a folder, or to a file of another user (fs.protected_hardlinks).
      renameSync(aside, path);
      return;
    }
  }
  unlinkSync(aside);
}

function asideOf(path: string): string {
  return `${path}.${Math.random().toString(36).slice(2)}`;
}
