/**
 * `npm run sanitize`: the tests of the native engine with AddressSanitizer and UndefinedBehaviorSanitizer watching over the
 * addon: what it reads or writes outside its memory, or after that was freed, ends the test with a report.
 *
 *     npm run sanitize                    the contract of engines, and the engine's own tests
 *     npm run sanitize -- test/net        these instead
 *
 * The addon is left as it was without them by the next `npm test`.
 */
import { spawnSync } from "node:child_process";
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
  "-fno-sanitize-recover=all",
  "-fno-omit-frame-pointer",
  "-g",
  "-O1",
];
if (!compile("everything") || !buildAddon(flags)) process.exit(1);

const filters =
  process.argv.length > 2 ? process.argv.slice(2) : ["test/contract/wire.test.ts", "test/wire/native"];
const tests = filesUnder("test").filter(
  (file) => file.endsWith(".test.ts") && filters.some((filter) => file.includes(filter)),
);
const { status } = spawnSync(
  process.execPath,
  ["--test", ...tests.map((file) => `build/${file.replace(/\.ts$/, ".js")}`)],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      LD_PRELOAD: ["libasan.so", "libubsan.so"]
        .map((name) => cc(`-print-file-name=${name}`).output.trim())
        .join(":"),
      // Node and V8 free nothing when they end; and what they do with their own memory is not asked here.
      ASAN_OPTIONS: "detect_leaks=0:abort_on_error=1:detect_container_overflow=0",
      UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
    },
  },
);
process.exitCode = status ?? 1;
