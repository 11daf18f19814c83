/**
 * Checks whose evidence is a test file: the suite runs the file, and reports each of its tests. Nothing is measured a
 * second time by other code.
 */
import { run as runTests } from "node:test";
import { projectPath } from "../bench/project.ts";
import type { Check } from "./check.ts";

export interface TestedCheck extends Pick<Check, "name" | "title" | "how" | "missing"> {
  /** The test file, below test/ and without its ending. */
  readonly file: string;
  /** Fewer tests than this mean that some did not run. */
  readonly testsMin: number;
}

/** What the runner reports of a test or a suite. */
interface Report {
  readonly name: string;
  readonly skip?: string | boolean;
  readonly details: { readonly type?: string };
}

/** A check that passes when every test of its file does. */
export function tested({ file, testsMin, ...check }: TestedCheck): Check {
  return {
    ...check,
    async measure(run) {
      const results: { readonly name: string; readonly result: "pass" | "FAIL" | "skipped" }[] = [];
      const events = runTests({ files: [projectPath(`build/test/${file}.test.js`)] });
      for await (const event of events as AsyncIterable<{ type: string; data: Report }>) {
        const { type, data } = event;
        if (type === "test:fail") results.push({ name: data.name, result: "FAIL" });
        if (type === "test:pass" && data.details.type !== "suite")
          results.push({ name: data.name, result: data.skip === undefined ? "pass" : "skipped" });
      }
      run.log({ file, results });
      const count = (wanted: string): number => results.filter(({ result }) => result === wanted).length;
      return [
        { what: "tests that pass", value: count("pass"), target: { atLeast: testsMin } },
        { what: "tests that fail", value: count("FAIL"), target: { atMost: 0 } },
      ];
    },
  };
}
