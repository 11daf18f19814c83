/** The map of the source: each path that it names exists, and each folder of the source is on it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

const pages = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
const roots = "src|test|native|bin|bench|reliability|examples|scripts|docs|etc|man|prebuilt";
const inBackticks = new RegExp(`\`((?:${roots})(?:/[\\w./-]*)?)\``, "g");

describe("the map", () => {
  for (const page of pages) {
    test(`${page} names paths that exist`, () => {
      const named = Array.from(readFileSync(page, "utf8").matchAll(inBackticks), ([, path = ""]) => path);
      assert.ok(named.length > 10, `${page} names ${named.length} paths`);
      assert.deepEqual(
        named.filter((path) => !existsSync(path)),
        [],
      );
    });

    test(`${page} links to pages that exist`, () => {
      const text = readFileSync(page, "utf8");
      const links = Array.from(text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, path = ""]) => path);
      assert.deepEqual(
        links.filter((path) => !existsSync(path)),
        [],
      );
    });
  }

  test("has each folder of the source, two levels deep", () => {
    const text = readFileSync("ARCHITECTURE.md", "utf8");
    const foldersIn = (folder: string): string[] =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${folder}/${name}`);
    const folders = foldersIn("src").flatMap((folder) => [folder, ...foldersIn(folder)]);
    assert.ok(folders.length > 20);
    assert.deepEqual(
      folders.filter((folder) => !text.includes(`\`${folder}\``)),
      [],
    );
  });
});
