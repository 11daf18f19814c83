/**
 * Whether stdin is /dev/null. Its end then says nothing about the user's intent.
 *
 * cron, systemd, docker and `ssh -n` start programs this way. Node opens /dev/null in place of a closed stdin
 * (`<&-`), so that looks the same.
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
