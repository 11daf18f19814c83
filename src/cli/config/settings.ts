/**
 * Options that were not given on the command line, but set beforehand: by the user's file,
 * by the project's, by the environment. Each is turned into the words that would have said
 * the same, and stands before what was typed; so of two, the later counts, and all are read
 * and refused by the same rules.
 */
import { quote } from "../../base/text/quote.ts";
import { parseLine, type OptionTable } from "../args/options.ts";
import { UsageError } from "../usage.ts";

/** One option as somebody set it. */
export interface Setting {
  readonly option: string;
  /** Whether it is on, for a switch; else its value as one would type it. */
  readonly value: string | boolean;
  /** Who says so: a variable, or a file and the place in it. */
  readonly source: string;
}

/**
 * The settings that are in force beside what was typed. A list that is not to add up across
 * sources counts only where it was set last; one that was typed replaces all of them.
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
 * The words that stand for settings.
 *
 * @throws {UsageError} naming the source, for one that cannot be.
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

/** Whether a switch is on, as an environment says it. @throws {UsageError} if it says neither. */
export function readSwitch(text: string, source: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${source}: ${quote(text)} is neither 1 nor 0`);
}
