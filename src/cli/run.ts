/**
 * One command line, from its first word to its exit.
 */
import { readFileSync } from "node:fs";
import { quote } from "../base/quote.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands/index.ts";
import { UsageError, type ExitName } from "./exit.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { choices } from "./suggest.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs a command line to its end. A line that cannot be is answered with one line on
 * stderr, before anything is tried.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  try {
    return await runVerb(argv, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const command = commands.find(({ name }) => name === argv[0]);
    terminal.say(`portcall${command === undefined ? "" : ` ${command.name}`}: ${error.message}`);
    return "usage";
  }
}

async function runVerb([verb, ...rest]: readonly string[], terminal: Terminal): Promise<ExitName> {
  switch (verb) {
    case undefined:
      for (const line of mainHelp(commands).trimEnd().split("\n")) terminal.say(line);
      return "usage";
    case "--version":
      return print(`${version()}\n`, terminal);
    case "--help":
    case "-h":
      return print(mainHelp(commands), terminal);
    case "help":
      return print(rest[0] === undefined ? mainHelp(commands) : commandHelp(commandNamed(rest[0])), terminal);
    default: {
      const command = commandNamed(verb);
      if (asksForHelp(rest)) return print(commandHelp(command), terminal);
      return command.run(rest, terminal);
    }
  }
}

async function print(text: string, terminal: Terminal): Promise<ExitName> {
  await terminal.write(text);
  return terminal.stdoutIsBroken ? terminal.brokenStdout() : "ok";
}

function commandNamed(word: string): Command {
  const command = commands.find(({ name }) => name === word);
  if (command !== undefined) return command;
  const names = commands.map(({ name }) => name);
  throw word.startsWith("-")
    ? new UsageError(`there is no option ${quote(word)}${choices(word, ["--help", "--version"])}`)
    : new UsageError(`there is no command ${quote(word)}${choices(word, names)}`);
}

/** Whether `--help` stands among the options. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
