/**
 * Help, printed from the tables that the command line is read by.
 */
import type { Command } from "./command.ts";
import { exitCodes } from "./exit.ts";
import type { OptionRow, OptionTable } from "./options.ts";

const column = 26;
const briefCharactersMax = 80;

/** Help for `portcall` itself. */
export function mainHelp(commands: readonly Command[]): string {
  return `portcall: build, talk to and watch anything that speaks over a socket

usage: portcall <command> …

Commands:
${commands.map(({ name, brief }) => row(name, brief)).join("\n")}

Options:
${row("--help, -h", "this; `portcall <command> --help` for one command")}
${row("--version", "the version")}

Exit codes:
${Object.values(exitCodes)
  .map(({ code, meaning }) => row(String(code), meaning))
  .join("\n")}

Examples:
${commands
  .flatMap(({ examples }) => examples.slice(0, 1))
  .map(example)
  .join("\n")}
`;
}

/** Help for one command. */
export function commandHelp(command: Command): string {
  const usage = command.usage.map((form) => `portcall ${command.name} ${form}`);
  return `portcall ${command.name}: ${command.brief}

usage: ${usage.join("\n       ")}

${command.about}

Options:
${optionRows(command.options).join("\n")}
${row("--help, -h", "this")}

Examples:
${command.examples.map(example).join("\n")}
`;
}

function optionRows(table: OptionTable): string[] {
  return Object.entries(table).map(([name, option]) => {
    const short = option.short === undefined ? "" : `-${option.short}, `;
    const value = option.value === undefined ? "" : valueOf(option.value);
    return row(`${short}--${name}${value}`, option.brief);
  });
}

function valueOf({ placeholder, whenLeftOut }: NonNullable<OptionRow<unknown>["value"]>): string {
  return whenLeftOut === undefined ? ` ${placeholder}` : `[=${placeholder}]`;
}

function row(name: string, text: string): string {
  const indent = `\n  ${" ".repeat(column)}`;
  const brief = wrap(text).join(indent);
  return name.length < column ? `  ${name.padEnd(column)}${brief}` : `  ${name}${indent}${brief}`;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < briefCharactersMax) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

function example([line, does]: readonly [string, string]): string {
  return `  ${line}\n      ${does}`;
}
