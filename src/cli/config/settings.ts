/**
 * Options from the user's file, the project's file and the environment.
 *
 * Each becomes the argument that would set the same on the command line, and is placed before the typed arguments. So
 * a later source overrides an earlier one, and one parser checks all of them.
 */
import { quote } from "../../base/text/quote.ts";
import { parseLine, type OptionTable } from "../args/options.ts";
import { UsageError } from "../usage.ts";

export interface Setting {
  readonly option: string;
  /** For a switch, whether it is on; otherwise the value as it would be typed. */
  readonly value: string | boolean;
  /** The source: a variable, or a file and the position in it. */
  readonly source: string;
}

/**
 * The settings that apply besides the typed arguments. A list that does not add up across sources counts only from
 * its last source; a typed one replaces all of them.
 */
export function settingsInForce(
  settings: readonly Setting[],
  table: OptionTable,
  typed: Readonly<Record<string, unknown>>,
): Setting[] {
  return settings.filter(({ option, source }) => {
    if (table[option]?.value?.accumulates !== "line") return true;
    const last = settings.findLast((one) => one.option === option);
    return !Object.hasOwn(typed, option) && last?.source === source;
  });
}

/**
 * The arguments that stand for settings.
 *
 * @throws {UsageError} naming the source of an invalid setting.
 */
export function wordsOf(settings: readonly Setting[], table: OptionTable): string[] {
  return settings.map((setting) => {
    if (table[setting.option]?.lineOnly === true) {
      throw new UsageError(`${setting.source}: --${setting.option} can be given on the command line only`);
    }
    const word = wordOf(setting);
    try {
      parseLine([word], table);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${setting.source}: ${error.message}`);
    }
    return word;
  });
}

function wordOf({ option, value }: Setting): string {
  if (value === true) return `--${option}`;
  return value === false ? `--no-${option}` : `--${option}=${value}`;
}

/** Reads a switch from a variable. @throws {UsageError} if it is neither on nor off. */
export function readSwitch(text: string, source: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${source}: ${quote(text)} is neither 1 nor 0`);
}
