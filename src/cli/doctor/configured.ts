/**
 * The settings in force, where each comes from, and variables that no command reads.
 */
import type { Command } from "../command.ts";
import { settingsFor } from "../config/index.ts";
import { variableOf } from "../config/environment.ts";
import { findFiles, userFile } from "../config/files.ts";
import { wordsOf } from "../config/settings.ts";
import { suggest } from "../../base/text/suggest.ts";
import { UsageError } from "../usage.ts";
import { note, ok, wrong, type Finding } from "../json/finding.ts";

/** Configuration files and variables. An error in one of them is a finding, not an exception. */
export function configured(
  commands: readonly Command[],
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
): Finding[] {
  return [
    ...(folder === undefined
      ? [note("folder", "the current folder has been removed, or cannot be read")]
      : []),
    ...files(environment, folder),
    ...settings(commands, environment, folder),
    ...unread(commands, environment),
  ];
}

function files(environment: NodeJS.ProcessEnv, folder: string | undefined): Finding[] {
  try {
    const { files: read, refused } = findFiles(environment, folder);
    const found = [
      ...read.map(({ path }) => ok("configuration", path)),
      ...refused.map((line) => note("configuration", line)),
    ];
    return found.length > 0
      ? found
      : [
          ok(
            "configuration",
            `no file: neither ${userFile(environment) ?? "a file of the user"} nor portcall.json in this folder or above`,
          ),
        ];
  } catch (error) {
    return [faultOf(error)];
  }
}

function settings(
  commands: readonly Command[],
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
): Finding[] {
  const names = commands.map(({ name }) => name);
  const found = new Map<string, Finding>();
  for (const command of commands) {
    try {
      for (const one of settingsFor(command, names, environment, folder)) {
        wordsOf([one], command.options);
        found.set(one.source, ok("setting", `${one.source} = ${String(one.value)}`));
      }
    } catch (error) {
      const fault = faultOf(error);
      found.set(fault.says, fault);
    }
  }
  return [...found.values()];
}

/** Variables with our prefix that no command reads, probably misspelt. */
function unread(commands: readonly Command[], environment: NodeJS.ProcessEnv): Finding[] {
  const known = commands.flatMap(({ name, options }) =>
    Object.keys(options).flatMap((option) => [variableOf(option), variableOf(`${name}-${option}`)]),
  );
  known.push("PORTCALL_CONFIG");
  return Object.keys(environment)
    .filter((name) => name.startsWith("PORTCALL_") && !known.includes(name))
    .map((name) => {
      const meant = suggest(name, known);
      return note(
        "setting",
        `no command reads ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
      );
    });
}

function faultOf(error: unknown): Finding {
  if (error instanceof UsageError) return wrong("configuration", error.message);
  throw error;
}
