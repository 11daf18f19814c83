/**
 * Compares docs/engines.md with the tests that are skipped: each known deviation has a line there, and no line is out
 * of date.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { engineChoices } from "../../src/engine.ts";
import type { ReportedSkip } from "./programs/report-skips.ts";

/** The rows of each table of the page, as cells, without the headers. */
function tablesOf(page: string): string[][][] {
  return page
    .split(/\n\n+/)
    .filter((block) => block.startsWith("|"))
    .map((block) =>
      block
        .trim()
        .split("\n")
        .slice(2)
        .map((line) =>
          line
            .slice(1, -1)
            .split("|")
            .map((cell) => cell.trim()),
        ),
    );
}

/** Runs the contract, and lists the skipped tests. */
function runContract(): ReportedSkip[] {
  const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  // Without this, Node's test runner would treat it as part of this test.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "--test",
      `--test-reporter=${here("programs/report-skips.js")}`,
      here("wire.test.js"),
      here("datagram.test.js"),
    ],
    { encoding: "utf8", env },
  );
  assert.notEqual(stdout, "", stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ReportedSkip);
}

const suitePattern = /^(?:a wire|datagrams) of the (?<engine>.+) engine over (?<over>.+)$/;

describe("docs/engines.md", { timeout: 120_000 }, () => {
  const [tests = [], files = []] = tablesOf(readFileSync("docs/engines.md", "utf8"));

  test("lists exactly the tests of the contract that are skipped on an engine", () => {
    const reported = runContract();
    const suites = reported
      .filter(({ test: name }) => name === undefined)
      .flatMap(({ suite, skipped }) => {
        const { engine, over } = suitePattern.exec(suite)?.groups ?? {};
        return engine === undefined || over === undefined ? [] : [{ suite, engine, over, skipped }];
      });
    for (const choice of engineChoices) {
      const isThere = choice === "auto" || suites.some(({ engine }) => engine === choice);
      assert.ok(isThere, `test/contract/wire.test.ts has no row for the ${choice} engine`);
    }
    const deviations = tests.flatMap(([name = "", engines = "", overs = ""]) =>
      suites
        .filter(({ skipped }) => !skipped)
        .filter(({ suite }) => suite.startsWith("a wire"))
        .filter(({ engine }) => engines === "every" || engineNames(engines).includes(engine))
        .filter(({ over }) => overs.split(", ").includes(over))
        .map(({ suite }) => `${suite}: ${name}`),
    );
    const skipped = reported.flatMap(({ suite, test: name }) =>
      name === undefined ? [] : [`${suite}: ${name}`],
    );
    assert.deepEqual(deviations.toSorted(), skipped.toSorted());
  });

  test("lists exactly the files of test/net that do not run on every engine", () => {
    const partial = readdirSync("test/net", { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => name.endsWith(".test.ts"))
      .filter((name) => !readFileSync(`test/net/${name}`, "utf8").includes("forEachEngine("));
    assert.ok(partial.length > 0);
    assert.deepEqual(files.map(([name = ""]) => name).toSorted(), partial.toSorted());
  });
});

/** Names may contain commas, within parentheses. */
function engineNames(cell: string): string[] {
  return cell.split(/, (?![^(]*\))/);
}
