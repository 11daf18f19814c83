/** Results as text: for the terminal, and as the page docs/benchmarks.md. Pure. */
import type { Comparison } from "./pair.ts";
import type { Outcome, WorkloadResult } from "./results.ts";
import { startTargets, type StartResult } from "./start.ts";
import type { Estimate, Spread } from "./statistics.ts";
import { alignedTable, markdownTable, type Table } from "./table.ts";
import type { Verdict } from "./verdict.ts";
import { baselineName, type Workload } from "./workloads.ts";

/** How the results were measured, and on what. */
export interface Circumstances {
  readonly machine: readonly (readonly [string, string])[];
  readonly pinning: string;
  readonly command: string;
  readonly pairs: number;
  readonly sliceMs: number;
  readonly minutes: number;
}

/** Nanoseconds of the workload's measure. */
function valueText(workload: Workload, ns: number): string {
  if (workload.measure === "latencyP99") return latencyText(ns);
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

const ratioText = (ratio: number): string => ratio.toFixed(2);
const intervalText = ({ low, high }: Estimate, text: (value: number) => string): string =>
  low === high ? text(low) : `${text(low)}–${text(high)}`;
const percentText = (share: number): string => `${Math.round(share * 100)} %`;
const msText = (ms: number): string => `${ms.toFixed(1)} ms`;
const megabytesText = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const bytesText = (bytes: number): string => `${Math.round(bytes)} B`;
const latencyText = (ns: number): string =>
  ns < 1e8 ? `${Math.round(ns / 1e3)} µs` : `${Math.round(ns / 1e6)} ms`;
const rateText = (rate: number): string => (rate < 100 ? rate.toPrecision(2) : String(Math.round(rate)));

function resultTable({ workload, outcomes }: WorkloadResult): Table {
  const measured = outcomes.flatMap((outcome) => (outcome.state === "measured" ? [outcome] : []));
  if (workload.measure === "memoryPerConnection")
    return {
      head: ["peer", "version", "server memory"],
      rows: measured.map(({ peer, version, result }) => [
        ...[peer.name, version],
        "bytes" in result ? `${bytesText(result.bytes)}/${workload.operation}` : "–",
      ]),
    };
  const name = workload.measure === "latencyP99" ? "99 % within" : "server CPU";
  const rate = `${workload.operation}s/s`;
  return {
    head: [
      "peer",
      "version",
      "ratio",
      "95 %",
      "difference",
      name,
      `${baselineName} meanwhile`,
      rate,
      "p50",
      "p99",
    ],
    rows: measured.map(({ peer, version, result }) => [
      ...[peer.name, version],
      ...("ratio" in result ? comparisonCells(workload, result) : []),
    ]),
  };
}

function comparisonCells(workload: Workload, comparison: Comparison): string[] {
  const { ratio, differenceNs, valueNs, baselineNs } = comparison;
  const value = (ns: number): string => valueText(workload, ns);
  return [
    ...[ratioText(ratio.median), intervalText(ratio, ratioText)],
    ...[
      `${differenceNs < 0 ? "−" : "+"}${value(Math.abs(differenceNs))}`,
      value(valueNs),
      value(baselineNs.median),
    ],
    rateText(comparison.operationsPerSecond),
    ...[latencyText(comparison.latencyP50Ns), latencyText(comparison.latencyP99Ns)],
  ];
}

/** One line for each peer without numbers. */
function missingLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "missing" ? [`${outcome.peer.name}: ${outcome.kind}: ${outcome.why}`] : [],
  );
}

function targetTable(verdicts: readonly Verdict[]): Table {
  return {
    head: ["workload", "Portcall", "at most", "measured", "95 %", "verdict"],
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
  const { value, peer, clear, state } = verdict;
  const by = state === "missed" ? ` by ${percentText(value.median / max - 1)}` : "";
  return [
    promise,
    `${text(value.median)} (${peer})`,
    intervalText(value, text),
    `${state === "missed" ? "MISSED" : "reached"}${by}${clear ? "" : ", within the noise"}`,
  ];
}

/** The heading of a workload, with its rate if it has one. */
const titleOf = ({ workload, rate }: WorkloadResult): string =>
  `${workload.name}: ${workload.title}${rate === undefined ? "" : ` (${rate} a second)`}`;

const startTitle = ({ rounds }: StartResult): string =>
  `start: \`portcall serve echo :0\` until it listens, compared with a bare Node; ${rounds} rounds`;

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

export function markdownReport(
  results: readonly WorkloadResult[],
  verdicts: readonly Verdict[],
  start: StartResult | undefined,
  circumstances: Circumstances,
): string {
  const { machine, pinning, command, pairs, sliceMs, minutes } = circumstances;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");
  const sections = results.flatMap((result) => {
    const missing = missingLines(result.outcomes);
    return [
      `## ${titleOf(result)}`,
      markdownTable(resultTable(result)),
      ...(missing.length > 0 ? [`Not measured:\n\n${list(missing)}`] : []),
    ];
  });
  const known = [...new Set(results.flatMap(({ outcomes }) => outcomes.map(({ peer }) => peer)))];
  return `${[
    "# Benchmarks",
    `Written by \`${command}\` in ${minutes} minutes; do not edit. Less is better, except for operations per second.`,
    "## Method",
    `Each server runs beside ${baselineName}, a plain epoll loop in C, on the same CPU. The load program loads the two in ` +
      `turn, for ${sliceMs} ms each, ${pairs} times. The order alternates. Each pair of neighbouring slices gives one ratio ` +
      "and one difference. The tables show their medians, with the interval that holds the true median with a confidence of 95 %.",
    "Machines change speed within seconds, for all programs alike. So only neighbouring slices can be compared, and numbers of " +
      `different rows only by their ratios. The column "${baselineName} meanwhile" shows how fast the machine was: it is the value of ` +
      `${baselineName} in the same pairs. The row of ${baselineName} compares it with a second copy of itself, which shows the noise.`,
    "The value is the server's CPU time for one operation. It counts all threads, user and system time, and so the kernel's part " +
      "of sending and receiving. For a server that starts processes it includes those. Both processes are fresh, and warm up " +
      "for at least four pairs of slices.",
    "The load is a closed loop: each connection waits for its answer before it sends again. In `latency`, all servers get messages " +
      "at the same fixed rate. The time of an echo counts from the moment at which its message was due, and the ratio compares the " +
      "99th percentiles. In `idle`, the value is the resident memory of the process, without the kernel's own.",
    "## Machine",
    list([...machine.map(([name, value]) => `${name}: ${value}`), `CPUs: ${pinning}`]),
    ...(verdicts.length > 0 ? ["## Targets", markdownTable(targetTable(verdicts))] : []),
    ...sections,
    ...(start === undefined ? [] : [`## ${startTitle(start)}`, markdownTable(startTable(start))]),
    "## Peers",
    list(known.map((peer) => `**${peer.name}**: ${peer.about}`)),
  ].join("\n\n")}\n`;
}
