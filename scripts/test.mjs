/**
 * `npm test`: installs and builds what is missing, then runs every test, or those whose path is named.
 *
 *     npm test                                      all of them
 *     npm test -- test/net test/cli                 the files under these folders; part of a path will do
 *     npm test -- net/connect --test-name-pattern=refused      what begins with a dash goes to node
 *
 * Node 20's runner knows no globs, so the files are listed here, from the sources: test/**\/*.test.ts, each run compiled
 * from build/. Each file is a process of its own; one that leaves a socket or a timer open never ends, and the time
 * limit then says so. The current folder is always the top of the checkout: a test finds its data there.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { buildAddon } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { filesUnder, root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";

const fileTimeoutMs = 180_000;

install();

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith("-"));
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

const child = spawn(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    `--test-timeout=${fileTimeoutMs}`,
    ...flags,
    ...tests.map((file) => `build/${file.replace(/\.ts$/, ".js")}`),
  ],
  { cwd: root, stdio: "inherit" },
);
// Ctrl-C reaches the child too, as it is in the same group; it must end first, so that its summary is printed.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  process.stderr.write(`portcall: the tests did not start: ${error.message}\n`);
  process.exitCode = 1;
});
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
  if (!compiled) {
    process.stderr.write("portcall: these tests ran in spite of the type errors above\n");
    process.exitCode = 1;
  }
});
