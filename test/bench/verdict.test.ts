/** Targets are judged as they are, and told as they are. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Sample } from "../../bench/measurement.ts";
import { namesOf, parseOptions } from "../../bench/options.ts";
import { peers } from "../../bench/peers/index.ts";
import { textReport } from "../../bench/report.ts";
import { ratioOf, type Outcome, type WorkloadResult } from "../../bench/rounds.ts";
import { spreadOf } from "../../bench/statistics.ts";
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

const sample = (value: number, othersBusyShare = 0): Sample => ({
  value,
  operationsPerSecond: 1,
  latencyP50Ns: 1,
  latencyP99Ns: 1,
  serverBusyShare: 1,
  loadBusyShare: 1,
  othersBusyShare,
});

function measured(peer: typeof measure, ...samples: Sample[]): Outcome {
  const value = spreadOf(samples.map((one) => one.value));
  assert.ok(peer);
  return {
    state: "measured",
    peer,
    version: "1",
    samples,
    value,
    calmRounds: samples.length,
    ratio: undefined,
  };
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
      [result(measured(measure, sample(10)), measured(first, sample(20)), measured(second, sample(11)))],
    );
    assert.equal(verdict?.state, "reached");
    assert.equal(verdict.peer, second.name);
  });

  test("that is missed says by how much, and by whom", () => {
    const results = [result(measured(measure, sample(10)), measured(first, sample(22)), absent(second))];
    const report = textReport(results, judge([target], results), undefined);
    assert.match(report, /1\.10 × C epoll .* 2\.20 \(.*\) .* MISSED by 100 %/);
    assert.match(report, new RegExp(`^${second.name}: absent: not built$`.replaceAll(/[()]/g, "\\$&"), "m"));
  });

  test("of peers that are all absent is unknown, with the reason", () => {
    const [verdict] = judge([target], [result(measured(measure, sample(10)), absent(first), absent(second))]);
    assert.equal(verdict?.state, "unknown");
    assert.match(verdict.why, /absent: not built/);
  });

  test("against an absent peer is unknown", () => {
    const [verdict] = judge([target], [result(absent(measure), measured(first, sample(1)))]);
    assert.equal(verdict?.state, "unknown");
  });

  test("in bytes needs nobody else", () => {
    const bytes = { ...target, limit: { bytesMax: 700 } };
    assert.equal(judge([bytes], [result(measured(first, sample(701)))])[0]?.state, "missed");
    assert.equal(judge([bytes], [result(measured(first, sample(700)))])[0]?.state, "reached");
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

describe("a ratio", () => {
  test("is taken inside each round", () => {
    const ratio = ratioOf([sample(10), sample(40), sample(90)], [sample(10), sample(20), sample(30)]);
    assert.deepEqual([ratio.min, ratio.median, ratio.max], [1, 2, 3]);
  });

  test("leaves out rounds in which others were busy, while there are calm ones", () => {
    const ratio = ratioOf([sample(10), sample(90, 0.5)], [sample(10), sample(10)]);
    assert.deepEqual([ratio.median, ratio.calmRounds], [1, 1]);
    assert.equal(ratioOf([sample(90, 0.5)], [sample(10)]).calmRounds, 0);
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

  test("refuses what nobody is called, and says who there is", () => {
    assert.throws(() => parse("uvlop"), /"uvlop"; there are echo-64, .*uvloop/);
  });
});
