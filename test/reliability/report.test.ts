/** Figures are judged and told as they are; seeds and options do what they say. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createPrng, seedFor } from "../../reliability/prng.ts";
import { p99Figure } from "../../reliability/latency.ts";
import { parseOptions } from "../../reliability/options.ts";
import { isMet, reaches, type Outcome } from "../../reliability/outcome.ts";
import { markdownReport, textReport } from "../../reliability/report.ts";
import type { Figure, Check } from "../../reliability/check.ts";

const check: Check = { name: "S0", title: "nothing", how: "By looking.", measure: () => Promise.resolve([]) };
const other: Check = { ...check, name: "S99" };

function measured(...figures: Figure[]): Outcome {
  return {
    check,
    seconds: 1,
    logPath: "build/raw-logs/x/S0.jsonl",
    state: "measured",
    figures,
    tables: [{ head: ["kind", "held"], rows: [["drips", "17"]] }],
    othersShare: 0.25,
  };
}

const circumstances = { machine: [["seed", "7"]] as const, command: "npm run reliability -- --seed 7" };

describe("a figure", () => {
  test("reaches its target at the very bound, from either side", () => {
    assert.ok(reaches({ what: "", value: 5, target: { atLeast: 5 } }));
    assert.ok(reaches({ what: "", value: 5, target: { atMost: 5 } }));
    assert.ok(!reaches({ what: "", value: 4, target: { atLeast: 5 } }));
    assert.ok(!reaches({ what: "", value: 6, target: { atMost: 5 } }));
  });

  test("that is no number reaches nothing", () => {
    assert.ok(!reaches({ what: "", value: Number.NaN, target: { atLeast: 0 } }));
    assert.ok(!reaches({ what: "", value: Number.NaN, target: { atMost: 0 } }));
    assert.ok(!reaches(p99Figure("of no client", [], 1_000_000)));
  });

  test("of latencies is the one below which 99 of 100 lie", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.equal(p99Figure("p99", hundred, 1).value, 99);
    assert.equal(p99Figure("p99", [3], 1).value, 3);
  });
});

describe("a check", () => {
  test("is met when all of its figures are, and there is one", () => {
    const good: Figure = { what: "", value: 0, target: { atMost: 0 } };
    assert.ok(isMet(measured(good, good)));
    assert.ok(!isMet(measured(good, { ...good, value: 1 })));
    assert.ok(!isMet(measured()));
    assert.ok(!isMet({ check, seconds: 0, logPath: "", state: "failed", why: "so" }));
  });

  test("that misses is reported as missed, and by how much", () => {
    const outcome = measured({ what: "latency", value: 62.5, unit: "ms", target: { atMost: 50 } });
    for (const report of [textReport, markdownReport]) {
      const text = report([outcome], circumstances);
      assert.match(text, /latency.*62\.50 ms.*≤ 50 ms.*MISS by 12\.50 ms/);
      assert.match(text, /0 of 1 checks reached every target/);
      assert.match(text, /npm run reliability -- --seed 7/);
      assert.match(text, /drips.*17/);
      assert.match(text, /25 %.*build\/raw-logs\/x\/S0\.jsonl/);
    }
  });

  test("that misses is repeated at the end, where a cut log still shows it", () => {
    const outcome = measured({ what: "latency", value: 62.5, unit: "ms", target: { atMost: 50 } });
    const end = textReport([outcome], circumstances).split("\n").slice(-4);
    assert.equal(end[0], "S0: latency: 62.50 ms, target ≤ 50 ms");
  });

  test("that could not be measured is reported, with the reason", () => {
    const outcome: Outcome = { check, seconds: 0, logPath: "", state: "absent", why: "this needs python3" };
    assert.match(markdownReport([outcome], circumstances), /S0: absent: this needs python3/);
  });
});

describe("the reliability suite's options", () => {
  const parse = (...words: string[]) => parseOptions(words, [check, other], () => 42);

  test("leave the page alone unless everything is measured in full", () => {
    const settings = (...words: string[]) => {
      const parsed = parse(...words);
      assert.ok(parsed !== "help");
      return parsed;
    };
    assert.deepEqual([settings().complete, settings().seed], [true, 42]);
    assert.equal(settings("--quick").complete, false);
    assert.deepEqual(settings("--only", "s99").checks, [other]);
    assert.equal(settings("--only", "S0,S99").complete, false);
    assert.equal(settings("--seed", "4294967295").seed, 4_294_967_295);
  });

  test("refuse checks that there are not, and seeds that are none", () => {
    assert.throws(() => parse("--only", "S98"), /--only: no check is called "S98"; there are S0, S99/);
    for (const seed of ["-1", "x", "", "1.5", "4294967296"])
      assert.throws(() => parse(`--seed=${seed}`), /--seed wants a whole number from 0 to 4294967295/);
  });
});

describe("prng", () => {
  test("is the same for the same seed, and another for another part", () => {
    const some = (seed: number): number[] => {
      const prng = createPrng(seed);
      return Array.from({ length: 5 }, () => prng.bits());
    };
    assert.deepEqual(some(7), some(7));
    assert.notDeepEqual(some(7), some(8));
    assert.notEqual(seedFor(7, "S1"), seedFor(7, "S2"));
  });

  test("reaches everything below its bound, and nothing beyond", () => {
    const prng = createPrng(3);
    assert.deepEqual(new Set(Array.from({ length: 1_000 }, () => prng.below(4))), new Set([0, 1, 2, 3]));
  });
});
