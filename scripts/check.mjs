/**
 * `npm run check`: every check that must pass before a change lands, in order, one line a step. It stops at the first
 * failure, with the tool's output and the command that fixes it.
 *
 *     npm run check
 *     npm run check -- --skip tests          all but these (names separated by commas)
 *     npm run check -- --only lint,types     these alone
 *
 * A further check is one more row of the table.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";
import { run, tool } from "./checkout/tools.mjs";

/**
 * One row: the commands, run one after the other until one fails, and how to fix what failed.
 * @typedef {{ name: string, commands: string[][], fix: string }} Step
 */

/** Without tsc's build info of the last run, so that the result is that of a fresh clone. */
const fromScratch = ["--noEmit", "--incremental", "false", "--tsBuildInfoFile", "null"];

/** @type {() => Step[]} */
const steps = () => [
  {
    name: "format",
    commands: [tool("oxfmt", "--list-different")],
    fix: "npm run format",
  },
  {
    name: "lint",
    commands: [tool("oxlint")],
    fix: "npm run format fixes some of it, an editor the rest",
  },
  {
    name: "words",
    commands: [node("scripts/words.mjs")],
    fix: "use the plain words given above",
  },
  {
    name: "types",
    commands: [
      tool("typescript:tsc", "-p", "tsconfig.json", ...fromScratch),
      tool("typescript:tsc", "-p", "tsconfig.build.json", ...fromScratch),
      tool("typescript:tsc", "-p", "scripts/tsconfig.json"),
    ],
    fix: "the lines named above, then npm run check -- --only types",
  },
  {
    name: "build",
    commands: [node("scripts/build.mjs")],
    fix: "npm run build",
  },
  {
    name: "addon",
    commands: [node("scripts/checks/addon.mjs")],
    fix: "the lines of native/ named above",
  },
  {
    name: "prebuilt",
    commands: [node("scripts/checks/prebuilt.mjs")],
    fix: "npm run build:prebuilt, and commit prebuilt/",
  },
  {
    name: "unused",
    commands: [tool("knip", "--no-progress")],
    fix: "remove what is named above, or use it; then npm run check -- --only unused",
  },
  {
    name: "tests",
    commands: [node("scripts/test.mjs")],
    fix: "npm test -- <the file named above>",
  },
  {
    name: "docs",
    commands: [node("build/scripts/docs.js", "--check")],
    fix: "npm run docs",
  },
  {
    name: "lock",
    commands: [node("scripts/checks/lock-file.mjs")],
    fix: "npm install, with this project's .npmrc in force",
  },
  {
    name: "package",
    commands: [node("scripts/checks/package-shape.mjs")],
    fix: "package.json, where the tool points; then npm run check -- --only build,package",
  },
  {
    name: "api",
    commands: [node("scripts/api.mjs", "--check")],
    fix: "npm run api, then read the difference in etc/portcall.api.md",
  },
];

install();
const chosen = choose(steps());
const width = Math.max(...chosen.map((step) => step.name.length));

for (const { name, commands, fix } of chosen) {
  const started = performance.now();
  const failure = await firstFailure(commands);
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${failure === undefined ? "ok  " : "FAIL"}  ${name.padEnd(width)} ${seconds} s`);
  if (failure !== undefined) {
    console.log(`\n${failure.trimEnd()}\n\nTo fix it: ${fix}`);
    process.exit(1);
  }
}

/**
 * @param {string[][]} commands
 * @returns {Promise<string | undefined>} what the first command that failed has printed
 */
async function firstFailure(commands) {
  for (const command of commands) {
    const { ok, output } = await run(command);
    if (!ok) return output;
  }
  return undefined;
}

/**
 * @param {string} script
 * @param {...string} args
 */
function node(script, ...args) {
  return [process.execPath, join(root, script), ...args];
}

/** @param {Step[]} all */
function choose(all) {
  const { values } = parseArgs({
    options: { skip: { type: "string", multiple: true }, only: { type: "string", multiple: true } },
  });
  const listed = (/** @type {string[] | undefined} */ given) => given?.flatMap((names) => names.split(","));
  const [skip, only] = [listed(values.skip), listed(values.only)];
  const unknown = [...(skip ?? []), ...(only ?? [])].filter(
    (name) => !all.some((step) => step.name === name),
  );
  if (unknown.length > 0) {
    console.error(
      `no step is named ${unknown.join(", ")}; there are ${all.map((step) => step.name).join(", ")}`,
    );
    process.exit(2);
  }
  return all.filter(({ name }) => !skip?.includes(name) && (only === undefined || only.includes(name)));
}
