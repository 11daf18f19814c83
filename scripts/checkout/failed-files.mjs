/**
 * A reporter of `node --test`: the file of each failed test, one a line. A file that crashes or hangs is among them. Of
 * nested tests only the innermost counts. The file may be one that test files import, where the test is written.
 *
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
// oxlint-disable-next-line import/no-default-export -- a reporter is one
export default async function* failedFiles(events) {
  const reported = new Set();
  for await (const { type, data } of events) {
    if (type !== "test:fail" || data.file === undefined || reported.has(data.file)) continue;
    const { error } = data.details;
    if ("failureType" in error && error.failureType === "subtestsFailed") continue;
    reported.add(data.file);
    yield `${data.file}\n`;
  }
}
