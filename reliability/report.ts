/** Outcomes as text: for the terminal, and as the page docs/reliability.md. Pure. */
import { alignedTable, markdownTable, type Table } from "../bench/table.ts";
import { isMet, reaches, type Outcome } from "./outcome.ts";
import type { Figure } from "./check.ts";

export interface Circumstances {
  readonly machine: readonly (readonly [string, string])[];
  /** The command that repeats the run. */
  readonly command: string;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return "none";
  if (Number.isInteger(value)) return value.toLocaleString("en").replaceAll(",", " ");
  return value.toFixed(value < 100 ? 2 : 1);
}

const withUnit = (value: number, unit = ""): string => `${numberText(value)}${unit && ` ${unit}`}`;

function targetText({ target, unit }: Figure): string {
  if ("atMost" in target && target.atMost === 0) return "0";
  return "atLeast" in target ? `≥ ${withUnit(target.atLeast, unit)}` : `≤ ${withUnit(target.atMost, unit)}`;
}

/** Passed, or missed by how much. */
function verdictText(figure: Figure): string {
  if (reaches(figure)) return "pass";
  const { value, target, unit } = figure;
  const bound = "atLeast" in target ? target.atLeast : target.atMost;
  return `MISS by ${withUnit(Math.abs(value - bound), unit)}`;
}

const percentText = (share: number): string => `${Math.round(share * 100)} %`;

function figureTable(outcomes: readonly Outcome[]): Table {
  const rows = outcomes.flatMap((outcome): string[][] => {
    const { name } = outcome.check;
    if (outcome.state !== "measured") return [[name, outcome.check.title, "–", "–", outcome.state]];
    return outcome.figures.map((figure) => [
      name,
      figure.what,
      withUnit(figure.value, figure.unit),
      targetText(figure),
      verdictText(figure),
    ]);
  });
  return { head: ["check", "what", "figure", "target", "verdict"], rows };
}

/** One row a check: its time, the other load, and the raw log. */
function runTable(outcomes: readonly Outcome[]): Table {
  return {
    head: ["check", "took", "others on the CPUs", "raw log"],
    rows: outcomes.map((outcome) => [
      outcome.check.name,
      `${outcome.seconds.toFixed(1)} s`,
      outcome.state === "measured" ? percentText(outcome.othersShare) : "–",
      outcome.logPath,
    ]),
  };
}

/** The tables of a check, each with its name. */
function tablesOf(outcomes: readonly Outcome[]): readonly { readonly name: string; readonly table: Table }[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "measured" ? outcome.tables.map((table) => ({ name: outcome.check.name, table })) : [],
  );
}

/** One line for each check without figures. */
function missingLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "measured" ? [] : [`${outcome.check.name}: ${outcome.state}: ${outcome.why}`],
  );
}

/** One line for each missed target. */
function missedLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === "measured"
      ? outcome.figures
          .filter((figure) => !reaches(figure))
          .map(
            (figure) =>
              `${outcome.check.name}: ${figure.what}: ${withUnit(figure.value, figure.unit)}, target ${targetText(figure)}`,
          )
      : [],
  );
}

function summary(outcomes: readonly Outcome[]): string {
  const met = outcomes.filter(isMet).length;
  return `${met} of ${outcomes.length} checks reached every target.`;
}

export function textReport(outcomes: readonly Outcome[], { machine, command }: Circumstances): string {
  const sections = [
    machine.map(([name, value]) => `${name}: ${value}`).join("\n"),
    alignedTable(figureTable(outcomes)),
    ...tablesOf(outcomes).map(({ name, table }) => `${name}\n${alignedTable(table)}`),
    alignedTable(runTable(outcomes)),
    missingLines(outcomes).join("\n"),
    missedLines(outcomes).join("\n"),
    `${summary(outcomes)}\nto repeat: ${command}`,
  ];
  return sections.filter(Boolean).join("\n\n");
}

export function markdownReport(outcomes: readonly Outcome[], { machine, command }: Circumstances): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");
  const missing = missingLines(outcomes);
  return `${[
    "# Reliability",
    `Written by \`npm run reliability\`. Do not edit it. To repeat it with the same random choices: \`${command}\`.`,
    "Each check measures a promise of Portcall. A missed target is shown as missed. Latencies and rates depend on the " +
      "machine and on its other load: the table of the run says which part of the processors other programs used meanwhile. " +
      "Not covered: real networks, kernel failures, other systems than this one.",
    list(machine.map(([name, value]) => `${name}: ${value}`)),
    `## Figures\n\n${summary(outcomes)}`,
    markdownTable(figureTable(outcomes)),
    ...(missing.length > 0 ? [`Without figures:\n\n${list(missing)}`] : []),
    ...tablesOf(outcomes).map(({ name, table }) => `### ${name} in detail\n\n${markdownTable(table)}`),
    "## The run",
    markdownTable(runTable(outcomes)),
    "## How each is measured",
    ...outcomes.map(({ check }) => `### ${check.name}: ${check.title}\n\n${check.how}`),
  ].join("\n\n")}\n`;
}
