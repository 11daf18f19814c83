/**
 * Terminal settings that Node has no API for, through `stty`, which every Unix has.
 *
 * Node's raw mode still turns each printed LF into CR LF. A program at the far end whose own terminal is in raw mode
 * moves down a row with a bare LF, so its screen would be garbled.
 */
import { spawnSync } from "node:child_process";
import { isDenied } from "../system/permissions.ts";

/** Far more than it needs. A terminal whose output is stopped (Ctrl-S) would block it forever. */
const timeoutMs = 2_000;

/**
 * Passes bytes unchanged in both directions. It adds to Node's raw mode, and is undone with it. Does nothing without
 * `stty`, or if Node may not start programs.
 */
export function passBytes(terminal: number): void {
  if (isDenied("child")) return;
  spawnSync("stty", ["raw", "-echo"], { stdio: [terminal, "ignore", "ignore"], timeout: timeoutMs });
}

/** Whether the terminal passes on each key as it is typed, because the user has set it so (`stty raw -echo`). */
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
