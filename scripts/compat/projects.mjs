/**
 * The projects of `npm run compat`: folders in which the package is installed as npm packs it. They lie outside the
 * checkout, whose tsconfig.json and package.json some tools would find.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { root } from "../checkout/files.mjs";

const toolsFolder = join(root, "compat");
const playground = mkdtempSync(join(tmpdir(), "portcall-compat-"));
process.once("exit", () => rmSync(playground, { recursive: true, force: true }));

/** Packages that a project's own code imports; the rest of the tools stays out of its reach. */
const linked = ["vitest", "@types/node", "undici-types"];

/** Installs the tools, packs the package and installs it where all projects find it. */
export function preparePlayground() {
  const lock = readFileSync(join(toolsFolder, "package-lock.json"), "utf8");
  const stamp = join(toolsFolder, "node_modules/.compat-lock");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
    npm(toolsFolder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
    writeFileSync(stamp, lock);
  }
  writeFileSync(join(playground, "package.json"), `{ "private": true }\n`);
  npm(root, "pack", "--ignore-scripts", "--pack-destination", playground);
  const tarball = readdirSync(playground).find((name) => name.endsWith(".tgz"));
  npm(
    playground,
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    `./${tarball}`,
  );
  for (const name of linked) {
    const link = join(playground, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(toolsFolder, "node_modules", name), link);
  }
}

/**
 * @param {string} folder
 * @param {string[]} args
 */
function npm(folder, ...args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const { status } = spawnSync("npm", [...args, "--silent"], { cwd: folder, env, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${folder}`);
}

/** Loads a tool as a program of compat/ would. */
export const requireTool = createRequire(join(toolsFolder, "package.json"));

/**
 * A file of a tool's package.
 *
 * @param {string} path
 */
export function toolPath(path) {
  return join(toolsFolder, "node_modules", path);
}

/**
 * A version of Node, as a program; that of this process for the oldest one.
 *
 * @param {string} major
 */
export function nodePath(major) {
  return process.versions.node.startsWith(`${major}.`)
    ? process.execPath
    : toolPath(`node-${major}/bin/node`);
}

/** Of Node, those that are looked at. @type {readonly string[]} */
export const nodes = ["20", "22", "24", "26"];

/**
 * Makes the folder of a project, with these files.
 *
 * @param {string} name
 * @param {Record<string, string>} files
 */
export function project(name, files) {
  const folder = join(playground, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

/**
 * Copies a file into a folder where no portcall is installed.
 *
 * @param {string} file
 */
export function copyAway(file) {
  const folder = mkdtempSync(join(tmpdir(), "portcall-alone-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, basename(file));
  cpSync(file, copy);
  return copy;
}

/** @param {string} name */
export function template(name) {
  return readFileSync(join(toolsFolder, "templates", name), "utf8");
}

const names = "{ bindUdp, connect, connectUdp, formatAddress, lines, NetError, serve }";
const engineNames = "{ chooseEngine, whyNoEpoll }";

/** Does what a program does, and prints what came of it. @type {Record<"import" | "require", string>} */
export const programs = {
  import: `import ${names} from "portcall";\nimport ${engineNames} from "portcall/engine";\n${template("body.js")}\nvoid runChecks().then(print);\n`,
  require: `const ${names} = require("portcall");\nconst ${engineNames} = require("portcall/engine");\n${template("body.js")}\nvoid runChecks().then(print);\n`,
};
for (const form of /** @type {const} */ (["import", "require"])) {
  programs[form] += "function print(found) {\n  console.log(JSON.stringify(found));\n}\n";
}

/**
 * Runs a program to its end.
 *
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} what it has printed on stdout
 */
export function output([program = "", ...args], { cwd = playground, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const { PORTCALL_ENGINE: _, ...inherited } = process.env;
    const child = spawn(program, args, {
      cwd,
      env: { ...inherited, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 40_000,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const lines = `${stdout}\n${stderr}`.split("\n");
      const said = lines.find((line) => /error|fail/i.test(line)) ?? lines.find(Boolean) ?? "";
      reject(new Error(`${said.trim()} (${signal ?? `exit ${code}`})`));
    });
  });
}

/**
 * @typedef {{ engine: string, whyNot?: string, outcomes: Record<string, string> }} Found
 */

/**
 * Runs one of the `programs`.
 *
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Found>}
 */
export async function found(command, options) {
  return JSON.parse(await output(command, options));
}

/**
 * The engine, if every check went well.
 *
 * @param {Found} found
 */
export function engineOfAll({ engine, outcomes }) {
  const wrong = Object.entries(outcomes).filter(([, outcome]) => outcome !== "ok");
  if (wrong.length === 0) return engine;
  throw new Error(wrong.map(([name, outcome]) => `${name}: ${outcome}`).join("; "));
}
