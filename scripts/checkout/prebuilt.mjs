/**
 * The addon that the package carries: where it lies, what it was built from, and which C library it needs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files.mjs";

export const prebuiltFile = "prebuilt/linux-x64/portcall.node";

/** The fingerprint of the sources that it was built from. */
export const prebuiltStamp = "prebuilt/linux-x64/sources.sha256";

/** The hash of the file itself, so that no other one takes its place unnoticed. */
export const prebuiltHash = "prebuilt/linux-x64/portcall.node.sha256";

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

/** @param {string} file */
export function hashOf(file) {
  return createHash("sha256")
    .update(readFileSync(join(root, file)))
    .digest("hex");
}

/**
 * What an addon lacks of the linker's and the compiler's protection; empty if nothing, and `undefined` where readelf is
 * not there to tell.
 *
 * @param {string} file
 */
export function missingProtection(file) {
  const { status, stdout } = spawnSync("readelf", ["-W", "-d", "-l", "--dyn-syms", join(root, file)], {
    encoding: "utf8",
  });
  if (status !== 0) return undefined;
  /** @type {[string, RegExp][]} */
  const wanted = [
    ["BIND_NOW", /\(FLAGS\)\s+.*\bBIND_NOW\b|\(FLAGS_1\).*\bNOW\b/],
    ["GNU_RELRO", /^\s*GNU_RELRO\s/m],
    ["a stack that is not executable", /^\s*GNU_STACK\s.*\sRW\s/m],
    ["the stack protector", /__stack_chk_fail/],
  ];
  return wanted.filter(([, pattern]) => !pattern.test(stdout)).map(([name]) => name);
}
