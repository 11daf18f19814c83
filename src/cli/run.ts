/**
 * Runs one command line, from its first word to its exit code.
 */
import { systemClock } from "../base/clock.ts";
import { quote } from "../base/text/quote.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands/index.ts";
import { currentFolder } from "./system/current-folder.ts";
import { configuredWords } from "./config/index.ts";
import type { ColourChoice } from "./tty/colours.ts";
import type { ExitName } from "./exit.ts";
import type { JsonMode } from "./json/json-report.ts";
import { fittingOptions } from "./args/forms.ts";
import { parseLine, type OptionTable, type ParsedLine } from "./args/options.ts";
import { choices } from "../base/text/suggest.ts";
import type { Terminal } from "./tty/terminal.ts";
import { namedBySignal } from "./signals.ts";
import { FileError, UsageError } from "./usage.ts";
import { version } from "./version.ts";

/**
 * Runs a command line to its end. For an invalid line, or a file that cannot be used, it prints one line on stderr
 * before anything is attempted.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  const exit = namedBySignal(await runOrRefuse(argv, terminal));
  const { report } = terminal;
  if (report === undefined) return exit;
  await report.finish(exit);
  return terminal.stdoutIsBroken ? terminal.brokenStdout() : exit;
}

async function runOrRefuse(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  try {
    return await runVerb(argv, terminal);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FileError)) throw error;
    const verb = commands.names.find((name) => name === argv[0]);
    const message = `portcall${verb === undefined ? "" : ` ${verb}`}: ${error.message}`;
    if (wordsBeforeEnd(argv).some((word) => /^--json(=|$)/.test(word))) {
      await reportInJson("report", verb, terminal);
    }
    terminal.fail(message);
    return error instanceof FileError ? "file" : "usage";
  }
}

async function runVerb([verb, ...rest]: readonly string[], terminal: Terminal): Promise<ExitName> {
  switch (verb) {
    case undefined:
      for (const line of (await help(undefined, terminal)).trimEnd().split("\n")) terminal.say(line);
      return "usage";
    case "--version":
      return terminal.print(`${version()}\n`);
    case "--help":
    case "-h":
      return terminal.print(await help(undefined, terminal));
    case "__complete": {
      const { completeLine } = await import("./commands/completion.ts");
      return terminal.print(await completeLine(rest, commands));
    }
    default: {
      const command = await commandNamed(verb);
      if (asksForHelp(rest)) return terminal.print(await help(verb, terminal));
      return runCommand(command, rest, terminal);
    }
  }
}

/** Help on a command, or on `portcall` itself. */
async function help(command: string | undefined, terminal: Terminal): Promise<string> {
  const { helpText } = await import("./commands/help.ts");
  return helpText(command, commands, terminal);
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  if (command.readsItself === true) return command.run({ options: {}, words: argv }, terminal);
  // A command without options needs no settings: help must work even if a settings file is wrong.
  const isSettable = Object.keys(command.options).length > 0;
  const typed = parseLine(argv, command.options).options;
  const configured = isSettable ? configuredFor(command, typed, terminal) : [];
  const line = parseLine([...configured, ...argv], command.options);
  const { json, color } = line.options;
  if (color !== undefined) terminal.colourChoice = color as ColourChoice;
  if (json !== undefined) await reportInJson(json as JsonMode, command.name, terminal);
  return command.run(fittingLine(command, line, typed), terminal);
}

/** The settings from files and variables. `doctor` reports what is wrong with them as findings. */
function configuredFor(
  command: Command,
  typed: ParsedLine<OptionTable>["options"],
  terminal: Terminal,
): string[] {
  const isDoctor = command.name === "doctor";
  const refused = (line: string): void => {
    if (!isDoctor) terminal.say(`portcall: ${line}`);
  };
  try {
    return configuredWords(command, commands.names, process.env, currentFolder(), typed, refused);
  } catch (error) {
    if (isDoctor && error instanceof UsageError) return [];
    throw error;
  }
}

/** The line without what was set beforehand and does not fit its form. */
function fittingLine(
  command: Command,
  { options: given, words }: ParsedLine<OptionTable>,
  typed: ParsedLine<OptionTable>["options"],
): ParsedLine<OptionTable> {
  const options = fittingOptions({
    given,
    table: command.options,
    typed,
    formOf: (rest) => command.formOf?.({ options: rest, words }) ?? {},
    spelling: (name) => `--${name}`,
  });
  return { options, words };
}

/** From now on stdout carries JSON only. */
async function reportInJson(mode: JsonMode, verb: string | undefined, terminal: Terminal): Promise<void> {
  const { JsonReport } = await import("./json/json-report.ts");
  terminal.report ??= new JsonReport(mode, verb, terminal.lines(), systemClock);
}

async function commandNamed(word: string): Promise<Command> {
  const command = await commands.load(word);
  if (command !== undefined) return command;
  throw word.startsWith("-")
    ? new UsageError(`there is no option ${quote(word)}${choices(word, ["--help", "--version"])}`)
    : new UsageError(`there is no command ${quote(word)}${hintFor(word)}`);
}

function asksForHelp(argv: readonly string[]): boolean {
  const words = wordsBeforeEnd(argv);
  return words.includes("--help") || words.includes("-h");
}

/** The words before `--`, which may be options. */
function wordsBeforeEnd(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

/** Users of nc or telnet type the host first. */
function hintFor(word: string): string {
  const isHost = word === "localhost" || /^[\w-]+(\.[\w-]+)+(:\d+)?$/.test(word);
  return isHost ? "; did you mean connect?" : choices(word, commands.names);
}
