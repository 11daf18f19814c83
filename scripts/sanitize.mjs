/**
 * `npm run sanitize`: the tests of the native engine with AddressSanitizer and UndefinedBehaviorSanitizer in the
 * addon. A read or write outside its memory, or after it was freed, ends the test with a report.
 *
 *     npm run sanitize                    the contract of engines, the native ones' own tests, a minute of the soak on each
 *     npm run sanitize -- test/net        these tests instead, and no soak
 *
 * The next `npm test` builds the addon without them again.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAddon, cc, whyNot } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { filesUnder, root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";

install();
const missing = process.platform === "linux" ? whyNot() : "it is made for Linux";
if (missing !== undefined) {
  process.stderr.write(`portcall: nothing to watch over: ${missing}\n`);
  process.exit(1);
}
const flags = [
  "-fsanitize=address,undefined",
  // Its checks would run before the sanitizers'.
  "-U_FORTIFY_SOURCE",
  "-fno-sanitize-recover=all",
  "-fno-omit-frame-pointer",
  "-g",
  "-O1",
];
if (!compile("everything") || !buildAddon(flags)) process.exit(1);

const words = process.argv.slice(2);
const filters =
  words.length > 0
    ? words
    : [
        "test/contract/wire.test.ts",
        "test/contract/adopted-wire.test.ts",
        "test/wire/native.test.ts",
        "test/wire/native-batch",
        "test/wire/native-detach",
        "test/wire/native-threads",
      ];
const tests = filesUnder("test").filter(
  (file) => file.endsWith(".test.ts") && filters.some((filter) => file.includes(filter)),
);
/** @type {{ engineChoices: string[] }} */
const { engineChoices } = await import(pathToFileURL(join(root, "build/src/engine.js")).href);
const native = engineChoices.filter((name) => name !== "auto" && name !== "portable");
const runs = [["--test", ...tests.map((file) => `build/${file.replace(/\.ts$/, ".js")}`)]];
if (words.length === 0) {
  for (const name of native) runs.push(["build/test/soak/main.js", "--engine", name, "--seconds", "60"]);
}
for (const args of runs) {
  process.exitCode = watch(args);
  if (process.exitCode !== 0) break;
}

/**
 * Runs Node with the sanitizers in front of the C library.
 *
 * @param {string[]} args
 */
function watch(args) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      LD_PRELOAD: ["libasan.so", "libubsan.so"]
        .map((name) => cc(`-print-file-name=${name}`).output.trim())
        .join(":"),
      // Node and V8 free nothing at exit, and their own memory is not the subject here.
      ASAN_OPTIONS: "detect_leaks=0:abort_on_error=1:detect_container_overflow=0",
      UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
    },
  });
  return status ?? 1;
}
