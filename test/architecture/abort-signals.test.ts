/** Only `onAbort` adds listeners to an AbortSignal, so that Node does not warn of the eleventh listener. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

test("only base/abort.ts adds listeners to an AbortSignal", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const adding = files.filter((name) =>
    /addEventListener\(\s*"abort"/.test(readFileSync(join("src", name), "utf8")),
  );
  assert.deepEqual(adding, [join("base", "abort.ts")]);
});
