/**
 * `npm run valgrind`: a round of the soak and a crowd on a thread, on each native engine, with valgrind watching the addon:
 * reads of uninitialised memory, and leaks, neither of which the sanitizers see here. Half a
 * minute for each. Reports about Node's own memory are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAddon, whyNot } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";

install();
const missing =
  (process.platform === "linux" ? whyNot() : "it is made for Linux") ??
  (spawnSync("valgrind", ["--version"]).error === undefined ? undefined : "there is no valgrind");
if (missing !== undefined) {
  process.stderr.write(`portcall: nothing to watch over: ${missing}\n`);
  process.exit(1);
}
if (!compile("everything") || !buildAddon(["-g", "-O1"])) process.exit(1);

/** @type {{ engineChoices: string[] }} */
const { engineChoices } = await import(pathToFileURL(join(root, "build/src/engine.js")).href);
const folder = mkdtempSync(join(tmpdir(), "portcall-valgrind-"));
const programs = [
  ["build/test/soak/main.js", "--seed", "1", "--engine"],

  ["build/test/torture/programs/crowd-once.js"],
];
for (const engine of engineChoices.filter((name) => name !== "auto" && name !== "portable")) {
  for (const program of programs) watch([...program, engine]);
}
rmSync(folder, { recursive: true });

/**
 * Runs one of our programs, and returns what valgrind reports about the addon.
 *
 * @param {string[]} args
 */
function watch(args) {
  const log = join(folder, "log");
  const { status } = spawnSync(
    "valgrind",
    [
      // V8 generates code at run time, and frees nothing at exit.
      "--smc-check=all-non-file",
      "--leak-check=full",
      "--show-leak-kinds=definite,indirect",
      "--num-callers=12",
      // Only files of the checkout get a path: those of the addon.
      `--fullpath-after=${root}/`,
      `--log-file=${log}`,
      process.execPath,
      "--no-opt",
      ...args,
    ],
    { cwd: root, stdio: "inherit" },
  );
  // Reports, each followed by an empty line.
  const reports = readFileSync(log, "utf8")
    .split(/^==\d+== \n/m)
    .filter((report) => report.includes("(native/"));
  for (const report of reports) process.stdout.write(`${report}\n`);
  if (status !== 0 || reports.length > 0) process.exitCode = 1;
  process.stdout.write(
    `valgrind: ${args.join(" ")}: ${status === 0 ? reports.length : `exit ${status},`} reports\n`,
  );
}
