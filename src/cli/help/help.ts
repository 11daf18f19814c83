/**
 * Help, printed from the tables that define the command line, at the width asked for.
 */
import type { Command } from "../command.ts";
import { layExample, layRows, layText } from "./layout.ts";
import type { Row } from "./prose.ts";
import type { Topic } from "./topic.ts";
import { optionNames, type OptionRow, type OptionTable } from "../args/options.ts";

export const tagline = "build, talk to and watch anything that speaks over a socket";

const mainOptions: readonly Row[] = [
  ["-h, --help", "show this help; `portcall <command> --help` for one command"],
  ["--version", "show the version"],
];

const helpOption: Row = ["-h, --help", "show this help"];

export function mainHelp(commands: readonly Command[], topics: readonly Topic[], columns: number): string {
  return asText([
    ...layText(`portcall: ${tagline}\n\nusage: portcall <command> …`, columns),
    "",
    ...section("Commands", layRows(briefsOf(commands), columns)),
    ...section("Topics, for `portcall help <topic>`", layRows(briefsOf(topics), columns)),
    ...section("Options", layRows(mainOptions, columns)),
    ...section(
      "Examples",
      commands.flatMap(({ examples }) => examples.slice(0, 1)).flatMap((one) => layExample(one, columns)),
    ),
  ]);
}

export function commandHelp(command: Command, columns: number): string {
  const usage = command.usage.map((form) => `portcall ${command.name} ${form}`.trimEnd());
  return asText([
    ...layText(`portcall ${command.name}: ${command.brief}`, columns),
    "",
    `usage: ${usage.join("\n       ")}`,
    "",
    ...layText(command.about, columns),
    "",
    ...section("Options", layRows([...optionRows(command.options), helpOption], columns)),
    ...section(
      "Examples",
      command.examples.flatMap((one) => layExample(one, columns)),
    ),
  ]);
}

export function topicHelp(topic: Topic, columns: number): string {
  return asText([...layText(`${topic.name}: ${topic.brief}\n\n${topic.text}`, columns)]);
}

/** The rows of a table of options: `-w, --timeout <time>`, and its description. */
function optionRows(table: OptionTable): Row[] {
  return Object.entries(table).map(([name, row]) => [
    optionNames(name, row).join(", ") + (row.value === undefined ? "" : valueOf(row.value)),
    row.brief,
  ]);
}

function valueOf({ placeholder, whenLeftOut }: NonNullable<OptionRow<unknown>["value"]>): string {
  return whenLeftOut === undefined ? ` ${placeholder}` : `[=${placeholder}]`;
}

function briefsOf(named: readonly { readonly name: string; readonly brief: string }[]): Row[] {
  return named.map(({ name, brief }) => [name, brief]);
}

function section(title: string, lines: readonly string[]): string[] {
  return [`${title}:`, ...lines, ""];
}

function asText(lines: readonly string[]): string {
  return `${lines.join("\n").trimEnd()}\n`;
}
