/**
 * The addon that the package carries: where it lies, what it was built from, and which C library it needs.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./files.mjs";

export const prebuiltFile = "prebuilt/linux-x64/portcall.node";

/** The fingerprint of the sources that it was built from. */
export const prebuiltStamp = "prebuilt/linux-x64/sources.sha256";

/** Debian 11's, of 2020. */
export const glibcMax = 2.31;

/**
 * The newest version of the C library that an addon asks for; `undefined` where objdump is not there to tell.
 *
 * @param {string} file
 */
export function neededGlibc(file) {
  const { status, stdout } = spawnSync("objdump", ["-T", join(root, file)], { encoding: "utf8" });
  if (status !== 0) return undefined;
  const versions = [...stdout.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => 2 + Number(minor) / 100);
  return Math.max(2, ...versions);
}
