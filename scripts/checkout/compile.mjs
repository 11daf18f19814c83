/**
 * Compiles the checkout, and does nothing, quickly, when it is compiled already.
 *
 *     library      src                                      -> dist     the package, and what bin/portcall.js runs
 *     everything   all TypeScript, from src to scripts      -> build    what the tests run
 *
 * In dist the declarations are file for file, the code is a few bundles (bundle.mjs, docs/decisions/bundles.md).
 *
 * tsc's own incremental mode still starts and reads everything; a stamp with the names, sizes and times of the sources
 * answers in milliseconds. tsc also never removes anything: an output whose source is gone is removed here. Otherwise
 * a deleted test would still run, and a renamed file would be published twice.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, root } from "./files.mjs";

/**
 * `output` is what tsc makes of a source, without its ending, and `kind` the ending that is always there; `bundle` says
 * where the code goes, if it is not where the declarations are.
 *
 * @typedef {{ config: string, info: string, from: string[], output: (source: string) => string, kind: string, to: string[], bundled: boolean }} Target
 */

/** @type {Record<"library" | "everything", Target>} */
const targets = {
  library: {
    config: "tsconfig.build.json",
    info: "build/dist.tsbuildinfo",
    from: ["src"],
    output: (source) => source.replace(/^src\//, "dist/"),
    kind: ".d.ts",
    to: ["dist"],
    bundled: true,
  },
  everything: {
    config: "tsconfig.json",
    info: "build/all.tsbuildinfo",
    from: ["src", "test", "bench", "reliability", "examples", "scripts"],
    output: (source) => `build/${source}`,
    kind: ".js",
    to: ["build/src", "build/test", "build/bench", "build/reliability", "build/examples", "build/scripts"],
    bundled: false,
  },
};

/** What else decides the outcome: the compiler (by way of the lock file), its settings, and this file. */
const causes = [
  "package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "scripts/checkout/bundle.mjs",
  "scripts/checkout/compile.mjs",
];

/**
 * Brings the named targets up to date; true if all of them compiled without an error. tsc's words go to stderr. What has an
 * error in its types is compiled nevertheless.
 *
 * @param {("library" | "everything")[]} names
 */
export function compile(...names) {
  const outcomes = names.map((name) => compileOne(name, targets[name]));
  // An error in src is found by both; once is enough.
  const lines = new Set(outcomes.flatMap(({ output }) => output.split("\n").filter(Boolean)));
  for (const line of lines) process.stderr.write(`${line}\n`);
  return outcomes.every(({ ok }) => ok);
}

/**
 * @param {string} name
 * @param {Target} target
 */
function compileOne(name, target) {
  const sources = target.from.flatMap(filesUnder).filter((file) => file.endsWith(".ts"));
  if (sources.length === 0) {
    return { ok: false, output: `portcall: no TypeScript file under ${target.from.join(", ")}` };
  }
  const outputs = new Set(sources.map((file) => target.output(file).replace(/\.ts$/, "")));
  const complete = [...outputs].every((file) => existsSync(join(root, file + target.kind)));
  const stampFile = join(root, `build/${name}.stamp`);
  const stamp = fingerprint([...sources, ...causes, target.config]);
  if (complete && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
    return { ok: true, output: "" };
  }
  rmSync(stampFile, { force: true });
  // With its build info file, tsc would not write outputs again that have been deleted.
  if (!complete) rmSync(join(root, target.info), { force: true });
  const types = node("node_modules/typescript/bin/tsc", "-p", target.config);
  removeOrphans(target, outputs);
  const bundles = target.bundled ? bundle() : { ok: true, output: "" };
  const ok = types.ok && bundles.ok;
  if (ok) {
    mkdirSync(join(root, "build"), { recursive: true });
    writeFileSync(stampFile, stamp);
  }
  return { ok, output: types.output + bundles.output };
}

/** The code of the package: rolldown reads the sources itself, so a wrong type does not keep it from being made. */
function bundle() {
  const { ok, output } = node("scripts/checkout/bundle.mjs");
  return { ok, output: ok ? "" : output };
}

/**
 * Runs a tool to its end.
 *
 * @param {string} program
 * @param {...string} args
 */
function node(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [join(root, program), ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { ok: status === 0, output: `${stdout}${stderr}${error?.message ?? ""}` };
}

/**
 * @param {Target} target
 * @param {Set<string>} outputs what the present sources compile to, without the ending
 */
function removeOrphans(target, outputs) {
  for (const file of target.to.flatMap(filesUnder)) {
    const made = /^(.*?)(\.d\.m?ts|\.[cm]?js)(\.map)?$/.exec(file);
    // Bundles are named anew each time, and made after this.
    const isBundle = target.bundled && made?.[2] !== ".d.ts";
    if (made?.[1] !== undefined && (isBundle || !outputs.has(made[1]))) rmSync(join(root, file));
  }
}

/** @param {string[]} files */
function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    hash.update(`${file} ${stat?.size} ${stat?.mtimeMs}\n`);
  }
  return hash.digest("hex");
}
