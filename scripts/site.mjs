/**
 * `npm run site`: builds the site from README, docs and the other pages into site/dist, and follows each of its links.
 *
 * The generator is a package of its own in site/, installed here when it is missing, so that a clone that builds no site needs
 * none of it. `node site/node_modules/vitepress/bin/vitepress.js preview site` shows the result.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesUnder, root } from "./checkout/files.mjs";
import { faultsOf } from "./site/faults.mjs";

const site = join(root, "site");
const pages = join(site, "pages");
const built = join(site, "dist");
const generator = join(site, "node_modules/vitepress/bin/vitepress.js");

const sources = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];

/** Other files than pages that pages link to. */
const linked = [...filesUnder("examples"), ...filesUnder("docs")].filter((path) =>
  /\.(ts|json|svg)$/.test(path),
);

if (!existsSync(generator)) {
  run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
}
rmSync(pages, { recursive: true, force: true });
rmSync(built, { recursive: true, force: true });
for (const path of [...sources, ...filesUnder("docs"), ...filesUnder("examples")]) copyToPages(path);
run(process.execPath, generator, "build", site);
for (const path of linked) cpSync(join(root, path), join(built, path));

const faults = faultsOf(built);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

/**
 * A README.md is the index.md of its folder there, in its name and in links to it.
 *
 * @param {string} path
 */
function copyToPages(path) {
  const target = join(pages, path.replace(/README\.md$/, "index.md"));
  mkdirSync(dirname(target), { recursive: true });
  if (!path.endsWith(".md")) return cpSync(join(root, path), target);
  const text = readFileSync(join(root, path), "utf8");
  writeFileSync(target, text.replaceAll(/(\]\((?:[^)\s]*\/)?)README\.md/g, "$1index.md"));
}

/**
 * @param {string} program
 * @param {...string} args
 */
function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: site, stdio: "inherit" });
  if (error !== undefined) console.error(`${program} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
