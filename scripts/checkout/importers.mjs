/** Which test files run the tests that are written in a file. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { filesUnder, root } from "./files.mjs";

const imported = /^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)"/gms;

/**
 * @param {string} file a path from the top of the checkout
 * @returns {readonly string[]} the file itself if it is a test file; otherwise the test files that import it, directly or not
 */
export function testFilesOf(file) {
  if (file.endsWith(".test.ts")) return [file];
  const importsOf = new Map(
    filesUnder("test")
      .filter((one) => one.endsWith(".ts"))
      .map((one) => [
        one,
        [...readFileSync(join(root, one), "utf8").matchAll(imported)].map(([, path = ""]) =>
          join(dirname(one), path),
        ),
      ]),
  );
  const found = new Set([file]);
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const [one, imports] of importsOf) if (imports.some((path) => found.has(path))) found.add(one);
  }
  return [...found].filter((one) => one.endsWith(".test.ts"));
}
