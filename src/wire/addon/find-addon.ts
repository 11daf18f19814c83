/**
 * Finds the addon's file: in this package, or in the installed package of the same version if a bundler has copied
 * this code into another file.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
// Not imported by name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { whyNotTrusted } from "./trusted-addon.ts";

/** The version of the package, which its build inserts. Undefined in a checkout, which does not need it. */
declare const PORTCALL_VERSION: string | undefined;

/** Where the addon is, or why it is missing. */
export type Found = { readonly file: string } | { readonly whyNot: string };

/**
 * @param system platform and architecture, as in `linux-x64`
 * @param program the file that the process runs (`process.argv[1]`), if any
 */
export function findAddon(system: string, program: string | undefined): Found {
  const own = ownFile();
  const home = own === undefined ? undefined : packageAround(dirname(own));
  if (home !== undefined && own !== undefined) return ifTrusted(addonIn(home, system), own);
  return besideBundle([own, program], system);
}

/**
 * The file that contains this code. For bundlers, the build replaces `import.meta.filename` by `__filename`, which an
 * ES module lacks. `typeof` is no test: webpack turns it into "string" while it bundles.
 */
function ownFile(): string | undefined {
  try {
    return import.meta.filename;
  } catch {
    return undefined;
  }
}

/** The folder of this package, if `from` is inside it. A bundle is inside another package, or none. */
function packageAround(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    // A manifest without a name only declares the module type of its folder, as in dist.
    const name = existsSync(manifest) ? readManifest(manifest).name : undefined;
    if (name !== undefined) return name === "portcall" ? folder : undefined;
    if (dirname(folder) === folder) return undefined;
  }
}

function addonIn(folder: string, system: string): Found {
  const built = join(folder, "build/native/portcall.node");
  if (existsSync(built)) return { file: built };
  // In a checkout, the prebuilt addon may be older than these sources.
  const isCheckout = existsSync(join(folder, "tsconfig.build.json"));
  const prebuilt = join(folder, `prebuilt/${system}/portcall.node`);
  if (!isCheckout && existsSync(prebuilt)) return { file: prebuilt };
  return { whyNot: `the addon is not built for ${system}` };
}

/**
 * A bundle cannot contain the addon, so it uses the package installed beside the bundle or beside the program. It
 * never uses one from the working directory, which may belong to another user. Another version may have other calls.
 */
function besideBundle(files: readonly (string | undefined)[], system: string): Found {
  const version = typeof PORTCALL_VERSION === "string" ? PORTCALL_VERSION : undefined;
  let other: string | undefined;
  for (const file of files) {
    const manifest = file === undefined ? undefined : installedFrom(file);
    if (file === undefined || manifest === undefined) continue;
    const installed = readManifest(manifest).version;
    if (installed === version) return ifTrusted(addonIn(dirname(manifest), system), file);
    other = `version ${String(installed)} is installed beside it`;
  }
  const missing = other ?? "no installed portcall is beside it";
  return { whyNot: `this is a bundle without the addon, of version ${version}, and ${missing}` };
}

function ifTrusted(found: Found, code: string): Found {
  if ("whyNot" in found) return found;
  const why = whyNotTrusted(found.file, code);
  return why === undefined ? found : { whyNot: `${found.file} is not loaded: ${why}` };
}

function installedFrom(file: string): string | undefined {
  try {
    return nodeModule.createRequire(realpathSync(file)).resolve("portcall/package.json");
  } catch {
    return undefined;
  }
}

function readManifest(file: string): { readonly name?: unknown; readonly version?: unknown } {
  return JSON.parse(readFileSync(file, "utf8")) as { readonly name?: unknown; readonly version?: unknown };
}
