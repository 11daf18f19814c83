/**
 * `npm run docs`: writes the pages that are generated from the code: docs/reference and man, and the list of the latter in
 * package.json. With `--check` it writes nothing and fails if a page is out of date.
 *
 * A further page is one more row of the table in docs/pages.ts.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { folders, generatedPages, presentPaths, stalePaths } from "./docs/pages.ts";

const check = process.argv.includes("--check");
for (const folder of folders) mkdirSync(folder, { recursive: true });
const pages = generatedPages();

for (const path of stalePaths(pages, presentPaths())) {
  const page = pages.find((one) => one.path === path);
  if (check) {
    console.log(`${path} is not what the code says; \`npm run docs\` fixes it`);
    process.exitCode = 1;
  } else if (page === undefined) {
    rmSync(path);
  } else {
    writeFileSync(path, page.text);
  }
}
