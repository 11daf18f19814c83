/**
 * Builds the native engine's addon, native/*.c -> build/native/portcall.node, and does nothing, quickly, when it is built
 * already. Where a C compiler or Node's headers are missing, it takes the prebuilt addon, if that fits the sources.
 * Everything works without an addon, on the portable engine.
 *
 * Plain cc, with no build system: a few small files, a second, and nothing that runs at anybody's `npm install`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { filesUnder, root } from "./files.mjs";
import { prebuiltFile, prebuiltStamp } from "./prebuilt.mjs";

export const addonFile = "build/native/portcall.node";

/** Where Node's own headers are: beside this Node, or where Debian puts them. */
const headers = [join(dirname(process.execPath), "../include/node"), "/usr/include/node"];

const warnings = ["-Wall", "-Wextra"];
/** Threads of native/resolve.c may outlive the worker thread that loaded the library: it must stay loaded. */
const linking = ["-Wl,-z,nodelete"];
/** A memory error ends the process, so that it cannot be exploited. */
const hardening = [
  "-fstack-protector-strong",
  "-fstack-clash-protection",
  "-D_FORTIFY_SOURCE=2",
  "-Wl,-z,relro,-z,now,-z,noexecstack",
];
const flags = [
  "-std=gnu11",
  "-O2",
  "-fPIC",
  "-shared",
  "-fvisibility=hidden",
  ...linking,
  ...hardening,
  ...warnings,
];

/**
 * Brings the addon up to date. False if its sources do not compile; where they cannot be compiled at all, one line
 * says why, and that is no fault.
 *
 * @param {string[]} [more] further flags
 */
export function buildAddon(more = []) {
  if (process.platform !== "linux") return true;
  const sources = addonSources();
  const stampFile = join(root, "build/addon.stamp");
  const stamp = fingerprint(sources, [...flags, ...more]);
  if (
    existsSync(join(root, addonFile)) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8") === stamp
  ) {
    return true;
  }
  const missing = whyNot();
  if (missing !== undefined) {
    useWhatIsThere(missing, stamp, stampFile);
    return true;
  }
  mkdirSync(dirname(join(root, addonFile)), { recursive: true });
  // A rename replaces the file at once: running processes keep the old one, and no process loads half a file.
  const made = `${addonFile}.${process.pid}`;
  const { ok, output } = cc(...flags, ...more, "-o", made, ...sources.filter((file) => file.endsWith(".c")));
  if (!ok) {
    process.stderr.write(output);
    rmSync(join(root, made), { force: true });
    return false;
  }
  renameSync(join(root, made), join(root, addonFile));
  writeFileSync(stampFile, stamp);
  return true;
}

/**
 * Where the addon cannot be compiled: takes the prebuilt one, if it was built from these very sources. Otherwise it
 * leaves none at all, since an addon of other sources may disagree with what calls it.
 *
 * @param {string} missing
 * @param {string} stamp
 * @param {string} stampFile
 */
function useWhatIsThere(missing, stamp, stampFile) {
  const [file, fingerprintFile] = [prebuiltFile, prebuiltStamp].map((name) => join(root, name));
  rmSync(stampFile, { force: true });
  rmSync(join(root, addonFile), { force: true });
  if (file === undefined || fingerprintFile === undefined || !existsSync(fingerprintFile)) {
    process.stderr.write(`portcall: no native engine (${missing}); the portable engine serves\n`);
  } else if (readFileSync(fingerprintFile, "utf8").trim() !== stamp) {
    process.stderr.write(
      `portcall: no native engine (${missing}, and prebuilt/ is of other sources); the portable engine serves\n`,
    );
  } else {
    mkdirSync(dirname(join(root, addonFile)), { recursive: true });
    copyFileSync(file, join(root, addonFile));
    writeFileSync(stampFile, stamp);
  }
}

/**
 * Compiles the addon to another file, for a test of another build; what the compiler says if it fails.
 *
 * @param {string} file
 * @param {string[]} more further flags
 */
export function buildVariant(file, more) {
  const sources = addonSources().filter((source) => source.endsWith(".c"));
  const { ok, output } = cc(...flags, ...more, "-o", file, ...sources);
  return ok ? undefined : output;
}

/** What it is made of. */
function addonSources() {
  return filesUnder("native").filter((file) => /\.[ch]$/.test(file));
}

/** Another one when a source or the way to compile it has changed. */
export function addonFingerprint() {
  return fingerprint(addonSources(), flags);
}

/** What is missing to build it, if anything. */
export function whyNot() {
  if (!cc("--version").ok) return "there is no C compiler, cc";
  return headerFolder() === undefined ? "Node's headers, node_api.h and uv.h, are not here" : undefined;
}

/**
 * Runs the compiler at the top of the checkout.
 *
 * @param {...string} args
 */
export function cc(...args) {
  const { status, stdout, stderr } = spawnSync("cc", [`-I${headerFolder() ?? "."}`, ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { ok: status === 0, output: `${stdout ?? ""}${stderr ?? ""}` };
}

function headerFolder() {
  return headers.find((folder) => ["node_api.h", "uv.h"].every((name) => existsSync(join(folder, name))));
}

/**
 * @param {string[]} sources
 * @param {string[]} flagsUsed
 */
function fingerprint(sources, flagsUsed) {
  const hash = createHash("sha256").update(`${flagsUsed.join(" ")} ${process.arch}\n`);
  for (const file of sources) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
