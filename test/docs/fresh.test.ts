/**
 * Pages that must not go stale: the reference is what the code says, and no page points to what is not there.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { folder, referencePages, staleFiles } from "../../scripts/docs/pages.ts";

test("the reference pages are what the code says", () => {
  const stale = staleFiles(referencePages(), readdirSync(folder));
  assert.deepEqual(stale, [], `out of date in ${folder}: \`npm run docs\` mends it`);
});

test("each event, and each part of one, is explained", () => {
  const events = referencePages().find(({ file }) => file === "events.md")?.text ?? "";
  const source = readFileSync("src/base/events.ts", "utf8");
  const types = [...source.matchAll(/readonly type: ("\w+"(?: \| "\w+")*)/g)].flatMap(([, type = ""]) =>
    type.split(" | "),
  );
  assert.ok(types.length > 0);
  for (const type of types) assert.match(events, new RegExp(`^### .*\\b${type.slice(1, -1)}\\b`, "m"));
});

test("every relative link in a Markdown file leads to a file, and to a heading of it", () => {
  let links = 0;
  const broken: string[] = [];
  for (const page of markdownFiles(".")) {
    for (const [whole, target = ""] of withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/i.test(target)) continue;
      links++;
      const [file = "", heading] = target.split("#");
      const path = file === "" ? page : join(dirname(page), file);
      const leads = existsSync(path) && (heading === undefined || headingsOf(path).includes(heading));
      if (!leads) broken.push(`${page}: ${whole.slice(1)}`);
    }
  }
  assert.ok(links > 0, "the check saw no link at all");
  assert.deepEqual(broken, []);
});

/** Every page of the checkout, but for what is installed or built. */
function markdownFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return /^(node_modules|build|dist|coverage|\.git)$/.test(entry.name) ? [] : markdownFiles(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** A page's text; what stands in code blocks and between backquotes is no link. */
function withoutCode(page: string): string {
  return readFileSync(page, "utf8")
    .replaceAll(/^```[^]*?^```$/gm, "")
    .replaceAll(/`[^`\n]*`(?!\]\()/g, "");
}

/** The anchors that GitHub makes of a page's headings. */
function headingsOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
