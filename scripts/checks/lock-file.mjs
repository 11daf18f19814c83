/**
 * Are package-lock.json and that of site/ whole, and free of download addresses?
 *
 * An address in it would tie every clone to the registry that npm last used. And npm silently leaves out the
 * packages of other platforms that its registry does not have at that moment; `npm ci` then fails where they exist. So
 * every optional dependency that an entry names must have an entry.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../checkout/files.mjs";

/** @typedef {Record<string, { resolved?: string, integrity?: string, optionalDependencies?: Record<string, string> }>} Packages */

const faults = ["package-lock.json", "site/package-lock.json"].flatMap((file) => {
  const { packages } = JSON.parse(readFileSync(join(root, file), "utf8"));
  return faultsOf(packages).map((fault) => `${file}: ${fault}`);
});

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exitCode = 1;
}

/**
 * @param {Packages} packages
 * @returns {string[]}
 */
function faultsOf(packages) {
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (path === "") return [];
    const names = Object.keys(entry.optionalDependencies ?? {});
    const missing = names.filter((name) => !isListed(packages, name, path));
    return [
      ...(entry.resolved === undefined ? [] : [`${path}: has a download address (resolved)`]),
      ...(entry.integrity === undefined ? [`${path}: has no integrity`] : []),
      ...missing.map((name) => `${path}: its optional dependency ${name} is not listed`),
    ];
  });
}

/**
 * Looks where Node would: in the node_modules of the package itself, then in those of the folders above it.
 *
 * @param {Packages} packages
 * @param {string} name
 * @param {string} from
 */
function isListed(packages, name, from) {
  const inner = from.split("/node_modules/");
  for (let depth = inner.length; depth >= 0; depth -= 1) {
    const above = inner.slice(0, depth).join("/node_modules/");
    if (`${above === "" ? "" : `${above}/`}node_modules/${name}` in packages) return true;
  }
  return false;
}
