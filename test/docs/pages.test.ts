/** What the pages directly in docs/ show; shown-pages.ts says how it is run. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { comparisonPages, advicePages } from "./project.ts";
import { testPages } from "./shown-pages.ts";

testPages("the comparisons", comparisonPages);
testPages("the pages of advice", advicePages);

test("the security page names tests that exist", async () => {
  const named = (await readFile("docs/security.md", "utf8")).match(/\btest\/[\w./-]+\.test\.ts/g) ?? [];
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter((path) => !existsSync(path)),
    [],
  );
});
