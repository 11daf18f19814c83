/**
 * Are the comments, strings and pages free of the words that words/words.json lists, each with the plain word beside it?
 *
 *     node scripts/words.mjs               what is wrong, with file and line
 *     node scripts/words.mjs src/net       every finding in files whose path contains this
 *     node scripts/words.mjs --shrink      lowers the counts of words/to-rewrite.txt to what is found
 *
 * words/to-rewrite.txt holds, for each file that is not rewritten yet, how many findings it still has. A number may only
 * fall: more findings fail, and fewer fail until `--shrink` has lowered the number. No command adds a file to the list.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { filesBelow, root } from "./checkout/files.mjs";
import { findingsOf } from "./words/findings.mjs";
import { hasProse } from "./words/prose.mjs";

const folders = ["src", "native", "scripts", "bench", "reliability", "examples", "test", "docs", ".ci"];
const pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];

/** What other files are written to: the words are corrected there. And data that is not ours to reword. */
const leftOut = /^docs\/reference\/|\/fixtures\/|\/node_modules\//;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { shrink: { type: "boolean" }, root: { type: "string", default: root } },
});
const listPath = join(values.root, "scripts/words/to-rewrite.txt");
const listed = readList();
const found = new Map(
  [...folders.flatMap((folder) => filesBelow(values.root, folder)), ...pages]
    .filter((path) => hasProse(path) && !leftOut.test(path) && existsSync(join(values.root, path)))
    .map((path) => [path, findingsOf(path, readFileSync(join(values.root, path), "utf8"))]),
);

if (positionals.length > 0) {
  for (const [path, findings] of found) if (positionals.some((part) => path.includes(part))) print(findings);
} else if (values.shrink === true) {
  const smaller = [...listed]
    .map(([path, count]) => ({ path, count: Math.min(count, found.get(path)?.length ?? 0) }))
    .filter(({ count }) => count > 0);
  writeFileSync(listPath, smaller.map(({ path, count }) => `${count} ${path}\n`).join(""));
} else {
  const tooMany = [...found].filter(([path, { length }]) => length > (listed.get(path) ?? 0));
  for (const [, findings] of tooMany) print(findings);
  const fewer = [...listed].filter(([path, count]) => (found.get(path)?.length ?? 0) < count);
  for (const [path, count] of fewer)
    console.log(
      `${path}: ${found.get(path)?.length ?? 0} findings are left of ${count}; run node scripts/words.mjs --shrink`,
    );
  process.exitCode = tooMany.length + fewer.length > 0 ? 1 : 0;
}

/** @param {import("./words/findings.mjs").Finding[]} findings */
function print(findings) {
  for (const { path, line, found: word, instead } of findings)
    console.log(`${path}:${line}: "${word}": ${instead}`);
}

/** @returns {Map<string, number>} */
function readList() {
  if (!existsSync(listPath)) return new Map();
  const lines = readFileSync(listPath, "utf8").split("\n").filter(Boolean);
  return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), Number.parseInt(line, 10)]));
}
