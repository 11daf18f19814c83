/**
 * Runtimes that the bench installs for itself, when asked to (`--install`): they are
 * hundreds of megabytes, so they are no dependencies of the project but have a
 * package.json of their own.
 */
import { spawnSync } from "node:child_process";
import { commandVersion, presentIf, type Presence } from "../presence.ts";
import { projectPath } from "../project.ts";

const folder = projectPath("bench/peers/npm");

/** Where a program of one of these packages lies, or would. */
export const installedProgram = (path: string): string => `${folder}/node_modules/${path}`;

/** Present as `<name> <version>` if the program is installed and runs. */
export function findInstalled(name: string, path: string): Presence {
  const version = commandVersion(installedProgram(path), ["--version"], /(\d+(?:\.\d+)+)/);
  return presentIf(version && `${name} ${version}`, "not installed: npm run bench -- --install");
}

/**
 * Installs all of them, as the lock file says.
 *
 * @throws {Error} if npm fails.
 */
export function installPeers(): void {
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0) throw new Error("npm could not install the peers of bench/peers/npm");
}
