import assert from "node:assert/strict";
import { test } from "node:test";
import { daytimeText } from "../../src/services/daytime.ts";
import { bothModes, run } from "./service-under-test.ts";

test("has the form that RFC 867 proposes: Weekday, Month Day, Year Time-Zone", () => {
  assert.equal(daytimeText(new Date("1982-02-22T17:37:43.999Z")), "Monday, February 22, 1982 17:37:43-UTC");
  assert.equal(daytimeText(new Date("2026-11-01T00:00:00Z")), "Sunday, November 1, 2026 00:00:00-UTC");
  assert.equal(daytimeText(new Date("2024-02-29T23:59:59Z")), "Thursday, February 29, 2024 23:59:59-UTC");
});

for (const [words, mode] of bothModes)
  test(`says the time of day in one line, whatever the client says, and closes, ${words}`, async (t) => {
    const { dial } = await run(t, "daytime", mode);
    const client = await dial();
    await client.write("what time is it?\n");
    const earliest = new Date();
    const answer = Buffer.from((await client.readUntil("\r\n")) ?? []).toString();
    assert.equal(await client.read(), null);
    const possible = new Set<string>();
    // The service may have read its clock a moment before the test.
    for (let ms = earliest.getTime() - 1_000; ms <= Date.now(); ms += 1_000)
      possible.add(daytimeText(new Date(ms)));
    possible.add(daytimeText(new Date()));
    assert.ok(possible.has(answer.trimEnd()), `${answer.trimEnd()} is none of ${[...possible].join("; ")}`);
  });

for (const [words, mode] of bothModes)
  test(`is printable ASCII, CR and LF only, as RFC 867 asks, ${words}`, async (t) => {
    const { talk } = await run(t, "daytime", mode);
    assert.match((await talk("")).answer.toString("latin1"), /^[ -~]+\r\n$/);
  });
