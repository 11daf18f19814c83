/**
 * Where this checkout is, and which files are in it.
 *
 * Everything under scripts/checkout/ is plain JavaScript without dependencies: it runs before anything is installed or
 * compiled, and at every `npm start`, so it has to be quick as well.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout, whatever the current folder is. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Every file in a folder and its subfolders, sorted, as paths from the top of the checkout with `/` between the parts.
 * A folder that does not exist has no files.
 *
 * @param {string} folder
 */
export function filesUnder(folder) {
  return filesBelow(root, folder);
}

/**
 * The same for another top folder than the checkout's.
 *
 * @param {string} top
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(top, folder) {
  /** @type {import("node:fs").Dirent[]} */
  let entries;
  try {
    entries = readdirSync(join(top, folder), { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const files = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) files.push(...filesBelow(top, path));
    else files.push(path);
  }
  return files;
}
