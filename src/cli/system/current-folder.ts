/**
 * Folders of the process and of its user, where there are any.
 */
import { homedir } from "node:os";

/** `undefined` if the folder has been removed, or may not be looked at. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** `undefined` for a user without one: of whom the system has no entry, and HOME is not set. */
export function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
