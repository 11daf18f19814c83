/**
 * The library with another build of the addon: a copy of both in a folder of its own, since each process loads the addon
 * that belongs to its copy.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface AddonVariant {
  /** The URL of the library's `index.js` to import. */
  readonly index: string;
  remove(): void;
}

/** Builds it, or says why it cannot be built here. */
export function buildAddonVariant(flags: readonly string[]): AddonVariant | string {
  const folder = mkdtempSync(join(tmpdir(), "portcall-addon-"));
  const remove = (): void => rmSync(folder, { recursive: true });
  const native = join(folder, "build/native");
  mkdirSync(native, { recursive: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    ["scripts/variant.mjs", join(native, "portcall.node"), ...flags],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    remove();
    if (status === 3) return stderr.trim();
    throw new Error(`the addon does not compile: ${stderr}`);
  }
  const library = join(folder, "build/src");
  cpSync(fileURLToPath(new URL("../../src", import.meta.url)), library, { recursive: true });
  cpSync("package.json", join(folder, "package.json"));
  return { index: pathToFileURL(join(library, "index.js")).href, remove };
}
