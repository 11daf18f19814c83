/** No class of `src` has a private getter or setter. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

test("nothing is read through a private accessor, which V8 looks up in its runtime each time", () => {
  // Measured on Node 20: 14 ns for each read of `get #x()`, 3 ns for a call of `#x()` or a field.
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const having = files.filter((name) =>
    /^\s*(static )?(get|set) #/m.test(readFileSync(join("src", name), "utf8")),
  );
  assert.ok(files.length > 0);
  assert.deepEqual(having, []);
});
