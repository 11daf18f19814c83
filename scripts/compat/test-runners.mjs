/** Test runners: each has loaders and environments of its own. */
import { join } from "node:path";
import { row } from "./group.mjs";
import { nodePath, output, project, template, toolPath } from "./projects.mjs";

/** @param {string} node */
async function vitest(node) {
  const cwd = project("vitest", {
    "package.json": `{ "private": true, "type": "module" }`,
    "portcall.test.js": template("vitest.test.js"),
  });
  await output([node, toolPath("vitest/vitest.mjs"), "run"], { cwd });
  return "yes";
}

/** @param {string} node */
async function jest(node) {
  const cwd = project("jest", {
    "package.json": `{ "private": true, "jest": { "testMatch": ["**/*.test.cjs"] } }`,
    "portcall.test.cjs": template("jest.test.cjs"),
  });
  await output(
    [node, toolPath("jest/bin/jest.js"), "--rootDir", cwd, "--config", join(cwd, "package.json")],
    { cwd },
  );
  return "yes";
}

/** @type {import("./group.mjs").Group} */
export const testRunners = {
  name: "test-runners",
  title: "Test runners",
  about: "Two tests with `portcall` and `portcall/testing`: Jest in its default mode, which is CommonJS.",
  head: "runtime",
  rows: ["22", "24"].map((major) =>
    row(`Node ${major}`, { vitest: () => vitest(nodePath(major)), jest: () => jest(nodePath(major)) }),
  ),
};
