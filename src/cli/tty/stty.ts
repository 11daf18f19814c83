/**
 * The settings of a terminal that Node has no call for, by way of `stty`, which every Unix has.
 *
 * Node's raw mode still turns each LF that is printed into CR LF. A program at the far end that has its own terminal in raw
 * mode moves down a row with a bare LF, and its screen would be torn.
 */
import { spawnSync } from "node:child_process";
import { isDenied } from "../system/permissions.ts";

/** Long beyond what it takes; a terminal whose output is held back (Ctrl-S) would hold it for ever. */
const timeoutMs = 2_000;

/**
 * Passes bytes as they are, both ways. Works on what Node's raw mode has left, and is undone with it. Does nothing where
 * there is no `stty`, or where Node may start no program.
 */
export function passBytes(terminal: number): void {
  if (isDenied("child")) return;
  spawnSync("stty", ["raw", "-echo"], { stdio: [terminal, "ignore", "ignore"], timeout: timeoutMs });
}

/** Whether the terminal hands on each key as it is typed, because the user has set it so (`stty raw -echo`). */
export function passesKeys(terminal: number): boolean {
  if (isDenied("child")) return false;
  const { stdout } = spawnSync("stty", ["-a"], {
    stdio: [terminal, "pipe", "ignore"],
    encoding: "latin1",
    timeout: timeoutMs,
    env: { ...process.env, LC_ALL: "C" },
  });
  return /(?:^|\s)-icanon(?:[\s;]|$)/.test(stdout ?? "");
}
