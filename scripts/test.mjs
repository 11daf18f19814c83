/**
 * `npm test`: installs and builds what is missing, then runs every test, or those whose path is named.
 *
 *     npm test                                      all of them
 *     npm test -- test/net test/cli                 the files under these folders; part of a path will do
 *     npm test -- net/connect --test-name-pattern=refused      what begins with a dash goes to node
 *     npm test -- --rerun                           files with a failed test run a second time, alone; that result counts
 *
 * Node 20's runner knows no globs, so the files are listed here, from the sources: test/**\/*.test.ts, each run compiled
 * from build/. Each file is a process of its own; one that leaves a socket or a timer open never ends, and the time
 * limit then says so. The current folder is always the top of the checkout: a test finds its data there.
 *
 * `--rerun` is for CI, where a change must not wait for a test of timing that another process disturbed. A file that
 * passes only alone is named as unstable at the end: that is a bug to find, in the test or in what it tests.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { buildAddon } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { filesUnder, root } from "./checkout/files.mjs";
import { testFilesOf } from "./checkout/importers.mjs";
import { install } from "./checkout/install.mjs";

const fileTimeoutMs = 180_000;

install();

const args = process.argv.slice(2);
const reruns = args.includes("--rerun");
const flags = args.filter((arg) => arg.startsWith("-") && arg !== "--rerun");
const filters = args.filter((arg) => !arg.startsWith("-")).map((arg) => arg.replace(/^\.\//, ""));
const tests = filesUnder("test")
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));

if (tests.length === 0) {
  process.stderr.write(
    `portcall: no test file ${filters.length > 0 ? `matches ${filters.join(", ")}` : "found"}\n`,
  );
  process.exit(1);
}

const built = buildAddon();
const compiled = compile("library", "everything") && built;
// A run of named tests does not wait until every type elsewhere is right.
if (!compiled && filters.length === 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), "portcall-test-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const failedList = join(folder, "failed");

/**
 * Runs test files, and resolves with the exit code.
 *
 * @param {readonly string[]} files
 * @param {number} concurrency
 * @returns {Promise<number>}
 */
function run(files, concurrency) {
  const child = spawn(
    process.execPath,
    [
      "--enable-source-maps",
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=./scripts/checkout/failed-files.mjs",
      `--test-reporter-destination=${failedList}`,
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${fileTimeoutMs}`,
      ...flags,
      ...files.map((file) => `build/${file.replace(/\.ts$/, ".js")}`),
    ],
    { cwd: root, stdio: "inherit" },
  );
  // Ctrl-C reaches the child too, as it is in the same group; it must end first, so that its summary is printed.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`portcall: the tests did not start: ${error.message}\n`);
      resolve(1);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** The test files with a failed test; none if they are not known. */
function failedFiles() {
  const groups = readFileSync(failedList, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((file) => (isAbsolute(file) ? relative(root, file) : file))
    .map((file) => testFilesOf(file.replace(/^build\//, "").replace(/\.js$/, ".ts")));
  const known = groups.map((group) => group.filter((file) => tests.includes(file)));
  return known.some((group) => group.length === 0) ? [] : [...new Set(known.flat())];
}

let code = await run(tests, Math.max(2, availableParallelism()));
const suspects = code === 1 && reruns ? failedFiles() : [];
if (suspects.length > 0) {
  process.stdout.write(`\nportcall: a test failed in ${suspects.join(", ")}: each runs again, alone\n\n`);
  code = await run(suspects, 1);
  if (code === 0)
    process.stdout.write(`\nportcall: unstable, passed when run alone: ${suspects.join(", ")}\n`);
}
process.exitCode = code;
if (!compiled) {
  process.stderr.write("portcall: these tests ran in spite of the type errors above\n");
  process.exitCode = 1;
}
