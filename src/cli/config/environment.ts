/**
 * Settings from the environment: `PORTCALL_TIMEOUT=5s` for every command that has a
 * `--timeout`, `PORTCALL_SERVE_TIMEOUT=5s` for `serve` alone.
 */
import type { OptionTable } from "../args/options.ts";
import { readSwitch, type Setting } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings for a command's options in the environment. Empty variables are ignored. */
export function settingsOfEnvironment(
  command: string,
  table: OptionTable,
  environment: Environment,
): Setting[] {
  return Object.entries(table).flatMap(([option, row]) => {
    const source = [variableOf(option), variableOf(`${command}-${option}`)].findLast(
      (name) => environment[name] !== undefined && environment[name] !== "",
    );
    if (source === undefined) return [];
    const text = environment[source] as string;
    return [{ option, source, value: row.value === undefined ? readSwitch(text, source) : text }];
  });
}

export function variableOf(option: string): string {
  return `PORTCALL_${option.toUpperCase().replaceAll("-", "_")}`;
}
