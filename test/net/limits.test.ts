/** A test reaches every row of the table of limits, and names it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { limits, type LimitName } from "../../src/index.ts";

const names = Object.keys(limits) as LimitName[];

describe("every limit", () => {
  for (const name of names) {
    test(`has a test with its name in the title: ${name}`, () => {
      const found = titles().filter((title) => new RegExp(`\\b${name}\\b`).test(title));
      assert.ok(found.length > 0, `no title of a test under test/net, test/wire or test/codec names ${name}`);
    });
  }

  test("is a number above 0, with a reason", () => {
    for (const name of names) {
      const { value, reason } = limits[name];
      assert.ok(value > 0 && Number.isSafeInteger(value), name);
      assert.match(reason, /^\S.{10,}[^.]$/s, name);
    }
  });
});

/** The titles of tests and suites in the sources, without this file. */
function titles(): string[] {
  const files = ["test/net", "test/wire", "test/codec"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  return files
    .filter((file) => file.endsWith(".test.ts") && file !== join("test/net", "limits.test.ts"))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\b(?:test|describe)\(\s*(["`])(.*?)\1/gs)])
    .map(([, , title]) => title ?? "");
}
