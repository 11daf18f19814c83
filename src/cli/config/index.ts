/**
 * Settings. In this order, a later source overrides an earlier one: the user's file, the project's file, the
 * environment, the command line.
 */
import type { Command } from "../command.ts";
import { settingsOfEnvironment } from "./environment.ts";
import { findFiles, settingsOfFile } from "./files.ts";
import { settingsInForce, wordsOf, type Setting } from "./settings.ts";

export type { Setting } from "./settings.ts";

/**
 * All settings for a command, in increasing precedence.
 *
 * @param refused receives a line for each project file that is not trusted and was not read.
 * @throws {UsageError} for an invalid file or setting.
 */
export function settingsFor(
  command: Pick<Command, "name" | "options">,
  commands: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
  refused: (line: string) => void = () => undefined,
): Setting[] {
  const { name, options } = command;
  const found = findFiles(environment, folder);
  for (const line of found.refused) refused(line);
  return [
    ...found.files.flatMap((file) => settingsOfFile(file, name, options, commands)),
    ...settingsOfEnvironment(name, options, environment),
  ];
}

/** The same as arguments, to be placed before those of the command line. `typed` holds the options of that line. */
export function configuredWords(
  command: Pick<Command, "name" | "options">,
  commands: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
  typed: Readonly<Record<string, unknown>> = {},
  refused?: (line: string) => void,
): string[] {
  const settings = settingsFor(command, commands, environment, folder, refused);
  return wordsOf(settingsInForce(settings, command.options, typed), command.options);
}
