/**
 * `npm run build:prebuilt`: the addon as the package carries it, prebuilt/linux-x64/portcall.node, for those who install
 * the package where there is no compiler. It must not ask for a newer C library than old systems have.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonFile, buildAddon, whyNot } from "./checkout/addon.mjs";
import { root } from "./checkout/files.mjs";

/** Debian 11's, of 2020. */
const glibcMax = 2.31;

const missing = process.platform === "linux" ? whyNot() : "it is built on Linux";
if (missing !== undefined) fail(missing);
if (!buildAddon()) process.exit(1);

const needed = neededGlibc();
if (needed > glibcMax) fail(`it would need glibc ${needed}, and ${glibcMax} is to be enough`);

const file = `prebuilt/${process.platform}-${process.arch}/portcall.node`;
mkdirSync(dirname(join(root, file)), { recursive: true });
copyFileSync(join(root, addonFile), join(root, file));
process.stdout.write(`${file}, for glibc ${needed} and newer\n`);

/** The newest version of the C library that the addon asks for. */
function neededGlibc() {
  const { status, stdout } = spawnSync("objdump", ["-T", join(root, addonFile)], { encoding: "utf8" });
  if (status !== 0) fail("objdump does not tell which C library it needs");
  const versions = [...stdout.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => 2 + Number(minor) / 100);
  return Math.max(2, ...versions);
}

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  process.stderr.write(`portcall: the addon is not prebuilt: ${why}\n`);
  process.exit(1);
}
