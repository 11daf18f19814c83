/**
 * `npm run compat`: installs the package, as npm packs it, into projects of many kinds, and lets each of them serve and
 * connect: versions of Node and TypeScript, module systems, bundlers, test runners, Bun and Deno. Writes what works, and
 * what does not and why, into docs/compatibility.md.
 *
 *     npm run compat
 *     npm run compat -- --only bundlers,typescript      these groups alone, without the page
 *     npm run compat -- --page <file>                   writes the page elsewhere
 *
 * The tools are in compat/package.json: a gigabyte that the project itself does not need. They are installed when
 * their lock file has changed.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compile } from "./checkout/compile.mjs";
import { root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";
import { bundlers } from "./compat/bundlers.mjs";
import { permissions } from "./compat/permissions.mjs";
import { page } from "./compat/page.mjs";
import { processes } from "./compat/processes.mjs";
import { preparePlayground } from "./compat/projects.mjs";
import { runtimes } from "./compat/runtimes.mjs";
import { testRunners } from "./compat/test-runners.mjs";
import { typeScript } from "./compat/typescript.mjs";

/** @typedef {import("./compat/group.mjs").Group} Group */

/** @type {Group[]} */
const groups = [runtimes, processes, permissions, typeScript, bundlers, testRunners];

const { values } = parseArgs({ options: { only: { type: "string" }, page: { type: "string" } } });
const only = values.only?.split(",");
const unknown = only?.filter((name) => !groups.some((group) => group.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `no group is named ${unknown.join(", ")}; there are ${groups.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

install();
if (!compile("library")) process.exit(1);
preparePlayground();

const chosen = groups.filter(({ name }) => only === undefined || only.includes(name));
const tables = [];
for (const group of chosen) {
  const rows = [];
  for (const row of group.rows) {
    const cells = [];
    for (const { run, column } of row.cells) {
      const cell = await outcomeOf(run);
      console.log(`${cell.works ? "ok  " : "FAIL"}  ${row.name}, ${column}: ${cell.text}`);
      if (!cell.works) process.exitCode = 1;
      cells.push(cell.text);
    }
    rows.push([row.name, ...cells]);
  }
  tables.push({ group, rows });
}
const pageFile = values.page ?? (only === undefined ? join(root, "docs/compatibility.md") : undefined);
if (pageFile !== undefined) writeFileSync(pageFile, page(tables));

/** @param {() => Promise<string> | string} run */
async function outcomeOf(run) {
  try {
    return { works: true, text: await run() };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { works: false, text: `**no**: ${line.replaceAll("|", "\\|")}` };
  }
}
