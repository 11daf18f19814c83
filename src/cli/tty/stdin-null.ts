/**
 * Whether stdin is /dev/null: then its end says nothing of the user's intent.
 *
 * cron, systemd, docker and `ssh -n` start programs so. Node opens /dev/null in place of a
 * stdin that is closed (`<&-`), so that looks the same.
 */
import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";

export function stdinIsNull(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isCharacterDevice() && stdin.rdev === statSync(devNull).rdev;
  } catch {
    return false;
  }
}
