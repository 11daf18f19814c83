/**
 * The current folder and the home folder, which may not exist.
 */
import { homedir } from "node:os";

/** The current folder; `undefined` if it was removed or cannot be read. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** The home folder; `undefined` if HOME is not set and the system has no entry for the user. */
export function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
