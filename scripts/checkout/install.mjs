/**
 * Makes node_modules what package-lock.json says, so that a fresh clone needs no command of its own for that.
 *
 * The lock file is compared with npm's own record of what it installed, by content and not by date: a `git checkout` that
 * only touches the file costs nothing, one that changes it is noticed. Silent, and a few milliseconds, if nothing is missing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files.mjs";

/** Installs missing packages, with a line on stderr; stdout stays the caller's. Ends the process if npm fails. */
export function install() {
  if (isInstalled()) return;
  process.stderr.write("portcall: installing what package-lock.json names (npm ci)\n");
  const result = npm([
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  if (result.error) process.stderr.write(`portcall: npm did not start: ${result.error.message}\n`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const present = packagesOf("node_modules/.package-lock.json");
  return Object.entries(wanted).every(([path, want]) => {
    if (path === "") return true;
    const have = present[path];
    // A package for another platform is named in the lock file, and rightly absent.
    if (have === undefined) return want.optional === true;
    return have.version === want.version && have.integrity === want.integrity;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>}
 */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return {}; // Absent or cut short: then nothing counts as installed, and `npm ci` reports the fault.
  }
}

/** @param {string[]} args */
function npm(args) {
  // Under `npm run` the running npm says where it is, which spares looking for npm.cmd on Windows.
  const self = process.env["npm_execpath"];
  const options = { cwd: root, stdio: /** @type {(0 | 1 | 2 | "ignore")[]} */ (["ignore", 2, 2]) };
  if (self?.endsWith("npm-cli.js")) return spawnSync(process.execPath, [self, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}
