/**
 * The manual pages: portcall(1), one for each command in section 1, one for each topic in section 7; made from the same
 * tables and texts as help.
 */
import { readFileSync } from "node:fs";
import { commands } from "../../src/cli/commands/index.ts";
import type { Command } from "../../src/cli/command.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { tagline } from "../../src/cli/help/help.ts";
import { loadTopics } from "../../src/cli/help/index.ts";
import type { Row } from "../../src/cli/help/prose.ts";
import type { Topic } from "../../src/cli/help/topic.ts";
import { optionNames, type OptionTable } from "../../src/cli/args/options.ts";
import { argument, body, list, prose, rowList, verbatim } from "./mdoc.ts";

/** The date of the last change of the pages, as they show it. */
const written = "November 22, 2026";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const all = await commands.loadAll();
const topics = await loadTopics();

/** Each page by its file, in the folder of the manual. */
export function manualPages(): ReadonlyMap<string, string> {
  return new Map([
    ["portcall.1", mainPage()],
    ...all.map((command) => [`portcall-${command.name}.1`, commandPage(command)] as const),
    ...topics.map((topic) => [`portcall-${topic.name}.7`, topicPage(topic)] as const),
  ]);
}

function mainPage(): string {
  return page("portcall", 1, tagline, [
    ["SYNOPSIS", ".Nm\n.Ar command\n.Op Ar argument ...\n.Nm\n.Fl \\-help | Fl \\-version"],
    [
      "DESCRIPTION",
      `Each command has a page of its own, and explains itself with\n.Fl \\-help :\n${list(
        all.map(({ name, brief }) => [`Xr portcall-${name} 1`, brief]),
      )}\n.Pp\nWhat concerns several of them:\n${list(
        topics.map(({ name, brief }) => [`Xr portcall-${name} 7`, brief]),
      )}`,
    ],
    ["EXIT STATUS", rowList(Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]))],
    ["EXAMPLES", examples(all.flatMap((command) => command.examples.slice(0, 1)))],
  ]);
}

function commandPage(command: Command): string {
  const synopsis = command.usage.map(
    (form) => `.Nm portcall ${argument(command.name)}\n.Op Ar option ...${usageMacros(form)}`,
  );
  return page(`portcall-${command.name}`, 1, command.brief, [
    ["SYNOPSIS", synopsis.join("\n")],
    ["DESCRIPTION", `${body(command.about)}\n.Pp\nThe options:\n${list(optionItems(command.options))}`],
    ["EXIT STATUS", "0 if all went well; the others are in\n.Xr portcall-exit-codes 7 ."],
    ["EXAMPLES", examples(command.examples)],
    ["SEE ALSO", ".Xr portcall 1"],
  ]);
}

function topicPage(topic: Topic): string {
  return page(`portcall-${topic.name}`, 7, topic.brief, [
    ["DESCRIPTION", body(topic.text)],
    ["SEE ALSO", ".Xr portcall 1"],
  ]);
}

function page(name: string, section: number, brief: string, sections: readonly Row[]): string {
  const head = [
    '.\\" Made from the code by `npm run docs`; not to be edited.',
    `.Dd ${written}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    `.Os "portcall ${version}"`,
    ".Sh NAME",
    `.Nm ${name}`,
    `.Nd ${prose(brief)}`,
  ];
  return `${[...head, ...sections.flatMap(([title, text]) => [`.Sh ${title}`, text])].join("\n")}\n`;
}

function optionItems(table: OptionTable): Row[] {
  const rows = Object.entries(table).map(([name, { short, value, brief }]): Row => {
    const names = optionNames(name, { short }).map((typed) => `Fl ${argument(typed.slice(1))}`);
    const text = value === undefined ? "" : usageWord(value.placeholder);
    const placeholder = value?.whenLeftOut === undefined ? ` ${text}` : ` Ns Oo No = Ns ${text} Oc`;
    return [`${names.join(" , ")}${text === "" ? "" : placeholder}`, brief];
  });
  return [...rows, ["Fl h , Fl \\-help", "show help"]];
}

function examples(lines: readonly Row[]): string {
  return lines.map(([line, does]) => `${prose(`${does}:`)}\n${verbatim([line])}`).join("\n.Pp\n");
}

/** A form of usage in macros: `[service] -U <path>` is `Op Ar service` and `Fl U Ar path`, a line each. */
function usageMacros(form: string): string {
  const words = form.match(/(?:\[[^\]]*\]|<[^>]*>|\S)+/g) ?? [];
  return words.map((word) => `\n.${usageWord(word)}`).join("");
}

function usageWord(word: string): string {
  const optional = /^\[(.*)\]$/.exec(word)?.[1];
  if (optional !== undefined)
    return `Op ${usageWord(/^[\w ]+$/.test(optional) ? `<${optional}>` : optional)}`;
  if (word.startsWith("-")) return `Fl ${argument(word.slice(1))}`;
  const parts = word.match(/<[^>]*>|[^<]+/g) ?? [];
  return parts.map(usagePart).join(" Ns ");
}

function usagePart(part: string): string {
  const name = /^<(.*)>$/.exec(part)?.[1];
  if (name === undefined) return `Cm ${argument(part)}`;
  if (!name.includes("|")) return `Ar ${argument(name)}`;
  return name
    .split("|")
    .map((word) => `Cm ${argument(word)}`)
    .join(" | ");
}
