/**
 * A reporter for Node's test runner that prints suites and skipped tests only: a line of JSON for each.
 */

export interface ReportedSkip {
  /** The outermost suite. */
  readonly suite: string;
  /** The skipped test; `undefined` stands for the suite itself. */
  readonly test: string | undefined;
  readonly skipped: boolean;
}

interface Told {
  readonly type: string;
  readonly data: { readonly name: string; readonly nesting: number; readonly skip?: string | boolean };
}

// oxlint-disable-next-line import/no-default-export -- a reporter is one
export default async function* reportSkips(source: AsyncIterable<Told>): AsyncGenerator<string> {
  let suite = "";
  for await (const { type, data } of source) {
    if (type === "test:start" && data.nesting === 0) suite = data.name;
    if (type !== "test:pass") continue;
    const skipped = data.skip !== undefined && data.skip !== false;
    if (data.nesting > 0 && !skipped) continue;
    const reported: ReportedSkip = { suite, test: data.nesting === 0 ? undefined : data.name, skipped };
    yield `${JSON.stringify(reported)}\n`;
  }
}
