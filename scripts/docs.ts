/**
 * `npm run docs`: writes the reference pages, docs/reference/*.md, from the tables in the code that they tell of. With
 * `--check` it writes nothing and fails if a page is out of date.
 *
 * A further page is one more row of the table in docs/pages.ts.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { folder, referencePages, staleFiles } from "./docs/pages.ts";

const check = process.argv.includes("--check");
mkdirSync(folder, { recursive: true });
const pages = referencePages();

for (const file of staleFiles(pages, readdirSync(folder))) {
  const page = pages.find((one) => one.file === file);
  if (check) {
    console.log(`${folder}/${file} is not what the code says; \`npm run docs\` mends it`);
    process.exitCode = 1;
  } else if (page === undefined) {
    rmSync(`${folder}/${file}`);
  } else {
    writeFileSync(`${folder}/${file}`, page.text);
  }
}
