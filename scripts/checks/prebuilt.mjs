/** Was the prebuilt addon built from the present sources, and does it run on old systems? */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addonFingerprint } from "../checkout/addon.mjs";
import { root } from "../checkout/files.mjs";
import {
  glibcMax,
  hashOf,
  missingProtection,
  neededGlibc,
  prebuiltFile,
  prebuiltHash,
  prebuiltStamp,
} from "../checkout/prebuilt.mjs";

const fault = findFault();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}

function findFault() {
  for (const file of [prebuiltFile, prebuiltStamp, prebuiltHash])
    if (!existsSync(join(root, file))) return `${file} is missing`;
  // A fingerprint includes the architecture, and the prebuilt addon is for x64.
  if (process.arch === "x64" && readFileSync(join(root, prebuiltStamp), "utf8").trim() !== addonFingerprint())
    return `${prebuiltFile} was built from other sources than native/ holds`;
  if (readFileSync(join(root, prebuiltHash), "utf8").trim() !== hashOf(prebuiltFile))
    return `${prebuiltFile} is not the file that was built: ${prebuiltHash} holds another hash`;
  const unprotected = missingProtection(prebuiltFile) ?? [];
  if (unprotected.length > 0) return `${prebuiltFile} lacks ${unprotected.join(", ")}`;
  const needed = neededGlibc(prebuiltFile);
  return needed !== undefined && needed > glibcMax
    ? `${prebuiltFile} needs glibc ${needed}, and ${glibcMax} is to be enough`
    : undefined;
}
