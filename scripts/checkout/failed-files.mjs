/**
 * A reporter of `node --test`: the file of each failed test, one a line. A file that crashes or hangs is among them.
 *
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
// oxlint-disable-next-line import/no-default-export -- a reporter is one
export default async function* failedFiles(events) {
  const reported = new Set();
  for await (const { type, data } of events) {
    if (type !== "test:fail" || data.file === undefined || reported.has(data.file)) continue;
    reported.add(data.file);
    yield `${data.file}\n`;
  }
}
