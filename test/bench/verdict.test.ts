/** Comparisons, targets and the report of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { namesOf, parseOptions } from "../../bench/options.ts";
import { compare } from "../../bench/pair.ts";
import { peers } from "../../bench/peers/index.ts";
import { textReport } from "../../bench/report.ts";
import type { Outcome, WorkloadResult } from "../../bench/results.ts";
import { estimateOf } from "../../bench/statistics.ts";
import { targets, type Target } from "../../bench/targets.ts";
import { judge } from "../../bench/verdict.ts";
import { workloads } from "../../bench/workloads.ts";

const [workload] = workloads;
const [measure, first, second] = peers;
assert.ok(workload && measure && first && second);

const target: Target = {
  workload: workload.name,
  who: "the best of two",
  peers: [first.name, second.name],
  limit: { against: measure.name, ratioMax: 1.1 },
};

const slice = (cpuNs: number, operations = 1) => ({
  operations,
  durationNs: 1e8,
  cpuNs,
  latencyP50Ns: 1,
  latencyP99Ns: 1,
});

/** Measured, in pairs with a baseline that takes 10 ns an operation. */
function measured(peer: typeof measure, ...values: number[]): Outcome {
  assert.ok(peer && workload);
  const turns = values.map((value) => [slice(10), slice(value)]);
  return { state: "measured", peer, version: "1", result: compare(workload, turns) };
}

function holding(peer: typeof measure, bytes: number): Outcome {
  assert.ok(peer);
  return { state: "measured", peer, version: "1", result: { bytes } };
}

const absent = (peer: typeof measure): Outcome => {
  assert.ok(peer);
  return { state: "missing", peer, kind: "absent", why: "not built" };
};

const result = (...outcomes: Outcome[]): WorkloadResult => ({ workload, rate: undefined, outcomes });

describe("a target", () => {
  test("is kept by the best of its peers, at the very bound", () => {
    const [verdict] = judge(
      [target],
      [result(measured(measure, 10), measured(first, 20), measured(second, 11))],
    );
    assert.equal(verdict?.state, "reached");
    assert.equal(verdict.peer, second.name);
  });

  test("whose limit lies inside the interval is not clear", () => {
    const clear = (...values: number[]): boolean => {
      const [verdict] = judge([target], [result(measured(measure, 10), measured(first, ...values))]);
      assert.ok(verdict !== undefined && verdict.state !== "unknown");
      return verdict.clear;
    };
    assert.ok(!clear(9, 10, 20));
    assert.ok(clear(9, 10, 11));
    assert.ok(clear(12, 13, 14));
  });

  test("against another peer is judged by the quotient of both ratios", () => {
    const rival = { ...target, peers: [first.name], limit: { against: second.name, ratioMax: 1 } };
    const results = [result(measured(measure, 10), measured(first, 12), measured(second, 15))];
    const [verdict] = judge([rival], results);
    assert.ok(verdict?.state === "reached");
    assert.ok(Math.abs(verdict.value.median - 0.8) < 1e-9);
  });

  test("that is missed says by how much, and by whom", () => {
    const results = [result(measured(measure, 10), measured(first, 22), absent(second))];
    const report = textReport(results, judge([target], results), undefined);
    assert.match(report, /1\.10 × C epoll .* 2\.20 \(.*\) .* MISSED by 100 %/);
    assert.match(report, new RegExp(`^${second.name}: absent: not built$`.replaceAll(/[()]/g, "\\$&"), "m"));
  });

  test("of peers that are all absent is unknown, with the reason", () => {
    const [verdict] = judge([target], [result(measured(measure, 10), absent(first), absent(second))]);
    assert.equal(verdict?.state, "unknown");
    assert.match(verdict.why, /absent: not built/);
  });

  test("against an absent peer is unknown", () => {
    const [verdict] = judge([target], [result(absent(measure), measured(first, 1))]);
    assert.equal(verdict?.state, "unknown");
  });

  test("in bytes needs no other server", () => {
    const bytes = { ...target, limit: { bytesMax: 700 } };
    assert.equal(judge([bytes], [result(holding(first, 701))])[0]?.state, "missed");
    assert.equal(judge([bytes], [result(holding(first, 700))])[0]?.state, "reached");
  });

  test("of a workload that was not run is left out", () => {
    assert.deepEqual(judge([target], []), []);
  });

  test("names a workload and peers that there are", () => {
    const names = namesOf({ workloads, peers });
    for (const row of targets) {
      const against = "against" in row.limit ? [row.limit.against] : [];
      for (const name of [row.workload, ...row.peers, ...against]) assert.ok(names.includes(name), name);
    }
  });
});

describe("a comparison", () => {
  test("is made inside each pair, so that a machine that slows down does not count", () => {
    const turns = [10, 40, 90].map((ns) => [slice(ns), slice(ns * 1.5)]);
    const { ratio, differenceNs } = compare(workload, turns);
    assert.deepEqual([ratio.low, ratio.median, ratio.high], [1.5, 1.5, 1.5]);
    assert.equal(differenceNs, 20);
  });

  test("is of CPU time for one operation", () => {
    const { ratio, valueNs, baselineNs } = compare(workload, [[slice(100, 10), slice(100, 5)]]);
    assert.deepEqual([ratio.median, valueNs, baselineNs.median], [2, 20, 10]);
  });

  test("leaves out pairs in which one has done nothing, and needs one other", () => {
    const idle = [slice(10), slice(10, 0)];
    assert.equal(compare(workload, [idle, [slice(10), slice(20)]]).ratio.median, 2);
    assert.throws(() => compare(workload, [idle]), /not one slice could be measured/);
  });
});

describe("an estimate", () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);

  test("has the interval of 95 % that the binomial distribution gives", () => {
    assert.deepEqual(estimateOf(upTo(24)), { median: 12.5, low: 7, high: 18 });
    assert.deepEqual(estimateOf(upTo(100)), { median: 50.5, low: 40, high: 61 });
  });

  test("of few values reaches from the least to the greatest", () => {
    assert.deepEqual(estimateOf([3, 1, 2]), { median: 2, low: 1, high: 3 });
  });
});

describe("--only", () => {
  const parse = (only: string): string[] => {
    const settings = parseOptions(["--only", only], { workloads, peers });
    assert.ok(typeof settings === "object");
    const { workloads: chosen, start } = settings;
    return [...[...chosen, ...settings.peers].map(({ name }) => name), ...(start ? ["start"] : [])];
  };

  test("takes workloads by name and peers by a part of it, and keeps the baseline", () => {
    assert.deepEqual(parse("bulk,uvloop"), ["bulk", "C epoll", "uvloop"]);
  });

  test("takes the start of the command, beside others or alone", () => {
    assert.deepEqual(parse("start,bulk,uvloop"), ["bulk", "C epoll", "uvloop", "start"]);
    assert.ok(!parse("start").includes("bulk"));
  });

  test("refuses unknown names, and lists the known ones", () => {
    assert.throws(() => parse("uvlop"), /"uvlop"; there are echo-64, .*uvloop/);
  });
});
