/**
 * What a program loads that imports the library and has not used it yet.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const library = pathToFileURL(join(import.meta.dirname, "../../src/index.js")).href;

test("importing the library does not load the modules of Node that only some programs need", () => {
  const program = `
    await import(${JSON.stringify(library)});
    console.log(process.moduleLoadList.join("\\n"));`;
  const loaded = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  assert.match(loaded, /^NativeModule net$/m);
  for (const name of ["tls", "crypto", "http", "cluster", "readline", "worker_threads", "zlib"]) {
    assert.doesNotMatch(loaded, new RegExp(`^NativeModule ${name}$`, "m"));
  }
});
