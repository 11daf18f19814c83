/**
 * Pages that must not go stale: the reference is what the code says, and no page points to what is not there.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { eventsPage } from "../../scripts/docs/events.ts";
import { optionNames } from "../../src/net/index.ts";
import { generatedPages, presentPaths, stalePaths } from "../../scripts/docs/pages.ts";
import { temporaryFolder } from "../support/folder.ts";

test("the reference and manual pages, and package.json with them, are what the code says", () => {
  const stale = stalePaths(generatedPages(), presentPaths());
  assert.deepEqual(stale, [], "out of date: `npm run docs` fixes it");
});

test("reports a page that differs, a missing page and a file that is no page", () => {
  const [page, ...rest] = generatedPages();
  assert.ok(page);
  const present = presentPaths();
  assert.deepEqual(stalePaths([{ ...page, text: "other" }, ...rest], present), [page.path]);
  assert.deepEqual(stalePaths([page, ...rest, { path: "man/new.1", text: "" }], present), ["man/new.1"]);
  assert.deepEqual(stalePaths(rest, present), [page.path]);
});

test("an event that no comment explains makes no page", async (t) => {
  const directory = temporaryFolder(t);
  const path = join(directory, "events.ts");
  const source = readFileSync("src/base/events.ts", "utf8");
  const uncommented = source.replace(/^ *\/\*\*.*\*\/\n(?=.*"finSent")/m, "");
  assert.notEqual(uncommented, source);
  await writeFile(path, uncommented);
  assert.throws(() => eventsPage(path), { message: 'no comment before "finSent" says what it means' });
});

test("each event, and each part of one, is explained", () => {
  const events = generatedPages().find(({ path }) => path === "docs/reference/events.md")?.text ?? "";
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

test("each option of a function has a section with what it does, its values, its default and its flag", () => {
  const page = generatedPages().find(({ path }) => path === "docs/reference/options.md")?.text ?? "";
  const sections = new Map(
    page
      .split("\n## ")
      .slice(1)
      .map((text) => [text.split("\n")[0] ?? "", text]),
  );
  assert.deepEqual([...sections.keys()], optionNames);
  for (const [name, text] of sections) {
    assert.match(
      text,
      /^\w+\n\n\S.{10,}\n[^]*\n- values: \S.*\n- default: \S.*\n[^]*- functions: `\w+`/,
      name,
    );
  }
  assert.match(
    sections.get("backlog") ?? "",
    /- values: a whole number of 0 or more, or `Infinity`\n- default: 1024\n- reason: clients.*\n- functions: `serve`\n- `portcall listen`: `--backlog`\n- `portcall serve`: `--backlog`\n/,
  );
  assert.match(
    sections.get("keepAliveProbes") ?? "",
    /- engines: `epoll`, `io_uring`\n- not for Unix sockets\n/,
  );
});
