/** Results as text: for the terminal, and as the page docs/benchmarks.md. Pure. */
import { othersBusyShareMax } from "./measurement.ts";
import { medianIn, type Outcome, type WorkloadResult } from "./rounds.ts";
import { startTargets, type StartResult } from "./start.ts";
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
  /** How long the run took. */
  readonly minutes: number;
}

const measureNames: Readonly<Record<Measure, string>> = {
  cpuPerOperation: "server CPU",
  memoryPerConnection: "server memory",
  latencyP99: "99 % within",
};

function valueText(workload: Workload, value: number): string {
  const unit = workload.operation;
  if (workload.measure === "memoryPerConnection") return `${bytesText(value)}/${unit}`;
  if (workload.measure === "latencyP99") return latencyText(value);
  return value < 1e7 ? `${(value / 1e3).toFixed(2)} µs/${unit}` : `${(value / 1e6).toFixed(1)} ms/${unit}`;
}

const ratioText = (ratio: number): string => ratio.toFixed(2);
const spreadText = ({ min, max }: Spread): string => `${ratioText(min)}–${ratioText(max)}`;
const percentText = (share: number): string => `${Math.round(share * 100)} %`;
const msText = (ms: number): string => `${ms.toFixed(1)} ms`;
const megabytesText = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const bytesText = (bytes: number): string => `${Math.round(bytes)} B`;
const latencyText = (ns: number): string =>
  ns < 1e8 ? `${Math.round(ns / 1e3)} µs` : `${Math.round(ns / 1e6)} ms`;
const rateText = (rate: number): string => (rate < 100 ? rate.toPrecision(2) : String(Math.round(rate)));

/** One row a peer that was measured. */
function resultTable({ workload, outcomes }: WorkloadResult): Table {
  const timed = workload.measure !== "memoryPerConnection";
  const rows = outcomes.flatMap((outcome) => {
    if (outcome.state === "missing") return [];
    const { peer, version, value, ratio, samples } = outcome;
    const row = [peer.name, version, valueText(workload, value.median)];
    row.push(ratio ? ratioText(ratio.median) : "–", ratio ? spreadText(ratio) : "–");
    if (timed)
      row.push(
        `${outcome.calmRounds} of ${samples.length}`,
        rateText(medianIn(samples, (sample) => sample.operationsPerSecond)),
        latencyText(medianIn(samples, (sample) => sample.latencyP50Ns)),
        latencyText(medianIn(samples, (sample) => sample.latencyP99Ns)),
        percentText(medianIn(samples, (sample) => sample.serverBusyShare)),
        percentText(medianIn(samples, (sample) => sample.loadBusyShare)),
      );
    return [row];
  });
  const head = ["peer", "version", measureNames[workload.measure], "ratio", "spread"];
  if (timed) head.push("calm rounds", `${workload.operation}s/s`, "p50", "p99", "server busy", "load busy");
  return { head, rows };
}

/** One line for each peer without numbers. */
function missingLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "missing" ? [`${outcome.peer.name}: ${outcome.kind}: ${outcome.why}`] : [],
  );
}

/** One row a target. */
function targetTable(verdicts: readonly Verdict[]): Table {
  return {
    head: ["workload", "Portcall", "at most", "measured", "spread", "verdict"],
    rows: verdicts.map((verdict) => [verdict.target.workload, verdict.target.who, ...verdictCells(verdict)]),
  };
}

function verdictCells(verdict: Verdict): string[] {
  const { limit } = verdict.target;
  const [max, promise, text] =
    "bytesMax" in limit
      ? [limit.bytesMax, bytesText(limit.bytesMax), bytesText]
      : [limit.ratioMax, `${ratioText(limit.ratioMax)} × ${limit.against}`, ratioText];
  if (verdict.state === "unknown") return [promise, "–", "–", `unknown: ${verdict.why}`];
  const { value, peer, calm } = verdict;
  const by = verdict.state === "missed" ? ` by ${percentText(value.median / max - 1)}` : "";
  const trust = calm ? "" : "; no round was calm, so this says little";
  return [
    promise,
    `${text(value.median)} (${peer})`,
    `${text(value.min)}–${text(value.max)}`,
    `${verdict.state === "missed" ? "MISSED" : "reached"}${by}${trust}`,
  ];
}

/** The heading of a workload, with its rate if it has one. */
const titleOf = ({ workload, rate }: WorkloadResult): string =>
  `${workload.name}: ${workload.title}${rate === undefined ? "" : ` (${rate} a second)`}`;

const startTitle = ({ rounds }: StartResult): string =>
  `start: \`portcall serve echo :0\`, until it listens, beside a bare Node; ${rounds} rounds`;

function startTable(start: StartResult): Table {
  const { bareMs, serveMs, moreMs, moreCpuMs, residentBytes } = start;
  const row = (
    what: string,
    { median, min, max }: Spread,
    text: (value: number) => string,
    most?: number,
  ) => [
    what,
    text(median),
    `${text(min)}–${text(max)}`,
    most === undefined ? "–" : text(most),
    most === undefined ? "–" : median <= most ? "reached" : `MISSED by ${percentText(median / most - 1)}`,
  ];
  return {
    head: ["start", "median", "spread", "at most", "verdict"],
    rows: [
      row("bare Node", bareMs, msText),
      row("portcall serve", serveMs, msText),
      row("the difference", moreMs, msText, startTargets.moreMsMax),
      row("the difference, CPU of the main thread", moreCpuMs, msText),
      row("resident memory", residentBytes, megabytesText, startTargets.residentBytesMax),
    ],
  };
}

/** For the terminal. */
export function textReport(
  results: readonly WorkloadResult[],
  verdicts: readonly Verdict[],
  start: StartResult | undefined,
): string {
  const sections = results.map((result) =>
    [titleOf(result), "", alignedTable(resultTable(result)), ...missingLines(result.outcomes)].join("\n"),
  );
  return [
    ...sections,
    ...(start === undefined ? [] : [`${startTitle(start)}\n\n${alignedTable(startTable(start))}`]),
    ...(verdicts.length > 0 ? [alignedTable(targetTable(verdicts))] : []),
  ].join("\n\n");
}

/** The page. */
export function markdownReport(
  results: readonly WorkloadResult[],
  verdicts: readonly Verdict[],
  start: StartResult | undefined,
  circumstances: Circumstances,
): string {
  const { machine, pinning, command, rounds, seconds, warmupSeconds, minutes } = circumstances;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");
  const sections = results.flatMap((result) => {
    const missing = missingLines(result.outcomes);
    return [
      `## ${titleOf(result)}`,
      markdownTable(resultTable(result)),
      ...(missing.length > 0 ? [`Without numbers:\n\n${list(missing)}`] : []),
    ];
  });
  const known = [...new Set(results.flatMap(({ outcomes }) => outcomes.map(({ peer }) => peer)))];
  return `${[
    "# Benchmarks",
    `Written by \`${command}\` in ${minutes} minutes; not to be edited. Less is better, except of operations per second.`,
    `What counts is the server's CPU time, and of that the ratio to an epoll loop in C: each round measures every peer once, ` +
      `for ${seconds} s after ${warmupSeconds} s of warm-up, each in a fresh process; a ratio is taken inside one round, and ` +
      `shown are the median of ${rounds} rounds and the least and greatest. CPU time is the process's own clock: nanoseconds, ` +
      "all threads, user and system, so the kernel's part of sending and receiving is in it; a server that starts processes " +
      "is measured with all of them.",
    `Other programs on the same CPUs make everything slower, but not evenly. So a measurement during which they took more than ` +
      `${percentText(othersBusyShareMax)} of a CPU is repeated, at most twice and while there is time; what is not calm even then ` +
      "counts only if nothing was.",
    "Rates and latencies are medians too. They are those of a closed loop, in which each connection waits for its answer before " +
      "it asks again; but in `latency` the load comes evenly, at one rate for all, and an echo counts from when it was due. " +
      "Memory is what the process has resident, so what the kernel keeps for a connection is not in it.",
    list([...machine.map(([name, value]) => `${name}: ${value}`), `CPUs: ${pinning}`]),
    ...(verdicts.length > 0 ? ["## Targets", markdownTable(targetTable(verdicts))] : []),
    ...sections,
    ...(start === undefined ? [] : [`## ${startTitle(start)}`, markdownTable(startTable(start))]),
    "## Peers",
    list(known.map((peer) => `**${peer.name}**: ${peer.about}`)),
  ].join("\n\n")}\n`;
}
