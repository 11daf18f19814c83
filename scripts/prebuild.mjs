/**
 * `npm run build:prebuilt`: builds the addon of the package, prebuilt/linux-x64/portcall.node, for machines without a
 * compiler. It must not need a newer C library than old systems have. The fingerprint of
 * its sources is written beside it, so that a stale addon is noticed (checks/prebuilt.mjs).
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonFile, addonFingerprint, buildAddon, whyNot } from "./checkout/addon.mjs";
import { root } from "./checkout/files.mjs";
import {
  glibcMax,
  hashOf,
  missingProtection,
  neededGlibc,
  prebuiltFile,
  prebuiltHash,
  prebuiltStamp,
} from "./checkout/prebuilt.mjs";

const here = `${process.platform}-${process.arch}`;
const missing = here === "linux-x64" ? whyNot() : `it is built on linux-x64, and this is ${here}`;
if (missing !== undefined) fail(missing);
if (!buildAddon()) process.exit(1);

const needed = neededGlibc(addonFile);
if (needed === undefined) fail("objdump does not tell which C library it needs");
if (needed > glibcMax) fail(`it would need glibc ${needed}, and ${glibcMax} is to be enough`);

const unprotected = missingProtection(addonFile);
if (unprotected === undefined) fail("readelf does not tell how it is protected");
if (unprotected.length > 0) fail(`it lacks ${unprotected.join(", ")}`);

mkdirSync(dirname(join(root, prebuiltFile)), { recursive: true });
copyFileSync(join(root, addonFile), join(root, prebuiltFile));
writeFileSync(join(root, prebuiltStamp), `${addonFingerprint()}\n`);
writeFileSync(join(root, prebuiltHash), `${hashOf(prebuiltFile)}\n`);
process.stdout.write(`${prebuiltFile}, for glibc ${needed.toFixed(2)} and newer\n`);

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  process.stderr.write(`portcall: the addon is not prebuilt: ${why}\n`);
  process.exit(1);
}
