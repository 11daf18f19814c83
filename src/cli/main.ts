/**
 * The command: a table of verbs, and the one place that ends the process.
 */
import { readFileSync } from "node:fs";
import { quote } from "../base/quote.ts";
import type { Command } from "./command.ts";
import { connectCommand } from "./commands/connect.ts";
import { listenCommand } from "./commands/listen.ts";
import { serveCommand } from "./commands/serve.ts";
import { exitCodes, UsageError, type ExitName } from "./exit.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { suggest } from "./suggest.ts";
import { Terminal } from "./terminal.ts";

/** All verbs, in the order in which help shows them. */
export const commands: readonly Command[] = [connectCommand, listenCommand, serveCommand];

/** Runs a command line to its end. */
async function main(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  const [verb, ...rest] = argv;
  if (verb === "--version") {
    await terminal.write(`${version()}\n`);
    return "ok";
  }
  if (verb === undefined || verb === "--help" || verb === "-h" || verb === "help") {
    const asked = commands.find(({ name }) => name === rest[0]);
    const help = asked === undefined ? mainHelp(commands) : commandHelp(asked);
    if (verb !== undefined) {
      await terminal.write(help);
      return "ok";
    }
    for (const line of help.trimEnd().split("\n")) terminal.say(line);
    return "usage";
  }
  const command = commands.find(({ name }) => name === verb);
  if (command === undefined) throw unknownVerb(verb);
  if (asksForHelp(rest)) {
    await terminal.write(commandHelp(command));
    return "ok";
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.say(`portcall ${command.name}: ${error.message}`);
    return "usage";
  }
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function unknownVerb(verb: string): UsageError {
  const names = commands.map(({ name }) => name);
  const meant = suggest(verb, names);
  const hint = meant === undefined ? `: there are ${names.join(", ")}` : `; did you mean ${meant}?`;
  return new UsageError(`there is no command ${quote(verb)}${hint}`);
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

const terminal = new Terminal(process);

function fail(error: unknown): ExitName {
  if (error instanceof UsageError) {
    terminal.say(`portcall: ${error.message}`);
    return "usage";
  }
  terminal.say(`portcall: a fault in portcall itself; please report it: ${(error as Error).stack ?? String(error)}`);
  return "software";
}

process.exit(exitCodes[await main(process.argv.slice(2), terminal).catch(fail)].code);
