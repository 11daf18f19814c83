/** Sources: how much a server remembers of each. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limits } from "../../../src/base/limits.ts";
import { HeldBySource, RateBySource } from "../../../src/net/server/source-limits.ts";

test("what a source holds is counted, and forgotten when it holds nothing", () => {
  const held = new HeldBySource();
  held.add("a");
  held.add("a");
  held.add("b");
  assert.deepEqual([held.of("a"), held.of("b"), held.of("c")], [2, 1, 0]);
  held.remove("a");
  held.remove("a");
  assert.equal(held.of("a"), 0);
});

describe("a rate by source", () => {
  test("lets a source open so many at once, then as many as its rate, and keeps sources apart", () => {
    const rate = new RateBySource({ connections: 3, perMs: 3_000 });
    const opened = (who: string, atMs: number) => rate.take(who, atMs);
    assert.deepEqual(
      [opened("a", 0), opened("a", 0), opened("a", 0), opened("a", 0)],
      [true, true, true, false],
    );
    assert.equal(opened("b", 0), true);
    assert.equal(opened("a", 999), false);
    assert.equal(opened("a", 1_000), true);
    assert.equal(opened("a", 1_000), false);
  });

  test("forgets sources without a connection for long enough", () => {
    const rate = new RateBySource({ connections: 2, perMs: 1_000 });
    for (let client = 0; client < 100; client++) rate.take(String(client), client);
    assert.equal(rate.sources, 100);
    rate.take("late", 5_000);
    assert.equal(rate.sources, 1);
  });

  test("F12: remembers no more than sourcesMax sources, and of those the ones seen last", () => {
    const rate = new RateBySource({ connections: 1, perMs: 3_600_000 });
    const { value: sourcesMax } = limits.sourcesMax;
    for (let client = 0; client < sourcesMax; client++) assert.equal(rate.take(`${client}`, 0), true);
    assert.equal(rate.take("0", 1), false);
    assert.equal(rate.take("one more", 2), true);
    assert.equal(rate.sources, sourcesMax);
    // It was refused a moment ago, so it is still remembered; the next oldest was evicted.
    assert.equal(rate.take("0", 3), false);
    assert.equal(rate.take("1", 4), true);
    assert.equal(rate.sources, sourcesMax);
  });
});
