/**
 * The package as npm packs and installs it, for tests of what its user gets.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** Runs a program to its end; rejects, with what it printed, unless it exits with 0. */
export const run = promisify(execFile);

/** Packs this checkout and installs the tarball in a folder, which becomes a project of ES modules. */
export async function installPackage(folder: string): Promise<void> {
  await writeFile(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
  await npm(resolve("."), "pack", "--ignore-scripts", "--pack-destination", folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  assert.ok(tarball, "npm pack wrote a tarball");
  await npm(
    folder,
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    `./${tarball}`,
  );
}

/** Runs npm as a user's shell would: without the settings that the npm of this test run has put in the environment. */
async function npm(cwd: string, ...args: string[]): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  await run("npm", args, { cwd, env });
}
