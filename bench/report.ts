/** Results as text: for the terminal, and as the page docs/benchmarks.md. Pure. */
import { isCalm, othersBusyShareMax } from "./measurement.ts";
import { medianIn, type Outcome, type WorkloadResult } from "./rounds.ts";
import type { Spread } from "./statistics.ts";
import { alignedTable, markdownTable, type Table } from "./table.ts";
import type { Verdict } from "./verdict.ts";
import type { Measure, Workload } from "./workloads.ts";

/** How and on what the results came to be. */
export interface Circumstances {
  readonly machine: readonly (readonly [string, string])[];
  readonly pinning: string;
  readonly command: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

const measureNames: Readonly<Record<Measure, string>> = {
  cpuPerOperation: "server CPU",
  userCpuPerOperation: "server user CPU",
  memoryPerConnection: "server memory",
};

function valueText(workload: Workload, value: number): string {
  const unit = workload.operation;
  if (workload.measure === "memoryPerConnection") return `${(value / 1000).toFixed(1)} KB/${unit}`;
  return `${(value / 1000).toFixed(2)} µs/${unit}`;
}

const ratioText = (ratio: number): string => ratio.toFixed(2);
const spreadText = ({ min, max }: Spread): string => `${ratioText(min)}–${ratioText(max)}`;
const percentText = (share: number): string => `${Math.round(share * 100)} %`;
const microsecondsText = (ns: number): string => `${Math.round(ns / 1000)} µs`;

/** One row a peer that was measured. */
function resultTable({ workload, outcomes }: WorkloadResult): Table {
  const timed = workload.measure !== "memoryPerConnection";
  const rows = outcomes.flatMap((outcome) => {
    if (outcome.state === "missing") return [];
    const { peer, version, value, ratio, samples } = outcome;
    const row = [peer.name, version, valueText(workload, value.median)];
    row.push(ratio ? ratioText(ratio.median) : "–", ratio ? spreadText(ratio) : "–");
    row.push(`${samples.filter(isCalm).length} of ${samples.length}`);
    if (timed)
      row.push(
        String(Math.round(medianIn(samples, (sample) => sample.operationsPerSecond))),
        microsecondsText(medianIn(samples, (sample) => sample.latencyP50Ns)),
        microsecondsText(medianIn(samples, (sample) => sample.latencyP99Ns)),
        percentText(medianIn(samples, (sample) => sample.serverBusyShare)),
        percentText(medianIn(samples, (sample) => sample.loadBusyShare)),
      );
    return [row];
  });
  const head = ["peer", "version", measureNames[workload.measure], "ratio", "spread", "calm rounds"];
  if (timed) head.push(`${workload.operation}s/s`, "p50", "p99", "server busy", "load busy");
  return { head, rows };
}

/** One line for each peer without numbers. */
function missingLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "missing" ? [`${outcome.peer.name}: ${outcome.kind}: ${outcome.why}`] : [],
  );
}

/** One target, in a sentence. */
function verdictLine(verdict: Verdict): string {
  const { workload, peer, against, ratioMax } = verdict.target;
  const promise = `${workload}: ${peer} at most ${ratioText(ratioMax)} × ${against}`;
  if (verdict.state === "unknown") return `unknown: ${promise}; ${verdict.why}`;
  const missed = `MISSED by ${percentText(verdict.ratio.median / ratioMax - 1)}`;
  const word = verdict.state === "missed" ? missed : verdict.state;
  const trust = verdict.ratio.calmRounds === 0 ? "; but no round was calm, so this says little" : "";
  return `${word}: ${promise}; it is ${ratioText(verdict.ratio.median)} (${spreadText(verdict.ratio)})${trust}`;
}

/** For the terminal. */
export function textReport(results: readonly WorkloadResult[], verdicts: readonly Verdict[]): string {
  const sections = results.map((result) =>
    [result.workload.title, "", alignedTable(resultTable(result)), ...missingLines(result.outcomes)].join(
      "\n",
    ),
  );
  return [...sections, verdicts.map(verdictLine).join("\n")].filter(Boolean).join("\n\n");
}

/** The page. */
export function markdownReport(
  results: readonly WorkloadResult[],
  verdicts: readonly Verdict[],
  circumstances: Circumstances,
): string {
  const { machine, pinning, command, rounds, seconds, warmupSeconds } = circumstances;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");
  const sections = results.flatMap((result) => {
    const missing = missingLines(result.outcomes);
    return [
      `## ${result.workload.title}`,
      markdownTable(resultTable(result)),
      ...(missing.length > 0 ? [`Without numbers:\n\n${list(missing)}`] : []),
    ];
  });
  const known = [...new Set(results.flatMap(({ outcomes }) => outcomes.map(({ peer }) => peer)))];
  return `${[
    "# Benchmarks",
    `Written by \`${command}\`; not to be edited. Less is better, except of operations per second.`,
    `What counts is the server's CPU time, and of that the ratio: each round measures every peer once, for ${seconds} s ` +
      `after ${warmupSeconds} s of warm-up, each in a fresh process; a ratio is taken inside one round, and shown are the ` +
      `median of ${rounds} rounds and the least and greatest. CPU time is the process's own clock: nanoseconds, all threads, ` +
      "user and system, so the kernel's part of sending and receiving is in it.",
    `Other programs on the same CPUs make everything slower, but not evenly. So a measurement during which they took more than ` +
      `${percentText(othersBusyShareMax)} of a CPU is repeated, at most twice; what is not calm even then counts only if nothing was.`,
    "Rates and latencies are medians too; they are those of a closed loop: each connection waits for its answer before it asks again.",
    list([...machine.map(([name, value]) => `${name}: ${value}`), `CPUs: ${pinning}`]),
    ...sections,
    ...(verdicts.length > 0 ? ["## Targets", list(verdicts.map(verdictLine))] : []),
    "## Peers",
    list(known.map((peer) => `**${peer.name}**: ${peer.about}`)),
  ].join("\n\n")}\n`;
}
