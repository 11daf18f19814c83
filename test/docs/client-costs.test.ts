/** The page of what a client may cost names a test for each queue; each of them is there, and each limit is one. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { limits } from "../../src/index.ts";

const page = readFileSync("docs/explanation/what-a-client-may-cost.md", "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("|---"))
  .map((line) => line.split("|").slice(1, -1));
const headings = rows.filter((cells) => cells.at(-1)?.trim() === "test").length;

test("each queue has a test", () => {
  assert.ok(headings >= 5 && rows.length > 30);
  for (const cells of rows) {
    const named = cells.at(-1)?.trim() ?? "";
    if (named === "test") continue;
    assert.match(named, /^test\//, cells.join("|"));
    for (const file of named.split(", ")) assert.ok(existsSync(file), file);
  }
});

test("each limit that is named is one of the library's", () => {
  const named = [...page.matchAll(/`(\w+(?:Max|Ms|WriteAheadBytes|Reserve))`/g)].map(
    ([, name]) => name as string,
  );
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(Object.hasOwn(limits, name), name);
});
