/**
 * Checks whose evidence is tests: the suite runs their files, and reports each test. Nothing is measured a
 * second time by other code.
 */
import { run as runTests } from "node:test";
import { projectPath } from "../bench/project.ts";
import type { Check, Run } from "./check.ts";

export interface TestedCheck extends Pick<Check, "name" | "title" | "how" | "missing"> {
  /** The test files, below test/ and without their ending. */
  readonly files: readonly string[];
  /** Fewer tests than this mean that some did not run. */
  readonly testsMin: number;
  /** Variables of the environment for the tests. */
  readonly environment?: (run: Run) => Readonly<Record<string, string>>;
}

/** What the runner reports of a test or a suite. */
interface Report {
  readonly name: string;
  readonly skip?: string | boolean;
  readonly details: { readonly type?: string };
}

/** A check that passes when every test of its files does. */
export function tested({ files, testsMin, environment, ...check }: TestedCheck): Check {
  return {
    ...check,
    async measure(run) {
      const results: { readonly name: string; readonly result: "pass" | "FAIL" | "skipped" }[] = [];
      // The runner's processes inherit the environment.
      Object.assign(process.env, environment?.(run));
      const events = runTests({ files: files.map((file) => projectPath(`build/test/${file}.test.js`)) });
      for await (const event of events as AsyncIterable<{ type: string; data: Report }>) {
        const { type, data } = event;
        if (type === "test:fail") results.push({ name: data.name, result: "FAIL" });
        if (type === "test:pass" && data.details.type !== "suite")
          results.push({ name: data.name, result: data.skip === undefined ? "pass" : "skipped" });
      }
      run.log({ files, results });
      const count = (wanted: string): number => results.filter(({ result }) => result === wanted).length;
      return [
        { what: "tests that pass", value: count("pass"), target: { atLeast: testsMin } },
        { what: "tests that fail", value: count("FAIL"), target: { atMost: 0 } },
      ];
    },
  };
}
