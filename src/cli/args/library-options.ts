/**
 * Flags that set options of the library. The table of options says which option a flag sets, and how its value is read.
 */
import { optionRow, defaultOfOption, type OptionCall, type OptionName } from "../../net/index.ts";
import type { OptionRow, ValuedRow } from "./options.ts";
import { duration, wholeNumber } from "./values.ts";

/** The part of a flag's row that says which options of the library it sets. */
export function setting(...names: readonly OptionName[]): Pick<OptionRow<never>, "sets"> {
  return { sets: names };
}

/** The same for numbers, with the value that the flag takes: a time, or a whole number in the range of the first. */
export function settingNumber(
  ...names: readonly [OptionName, ...OptionName[]]
): Pick<ValuedRow<number>, "sets" | "value"> {
  const { kind, least = 1, most } = optionRow(names[0]);
  const value =
    kind === "timeout"
      ? { placeholder: "<time>", read: duration }
      : { placeholder: "<n>", read: wholeNumber(least, most) };
  return { sets: names, value };
}

/** The default of a time-out of the library, as one would type it: `60s`. */
export function defaultTime(name: OptionName, call: OptionCall): string {
  return typedTime(Number(defaultOfOption(name, call)));
}

/** Milliseconds as one would type them. */
export function typedTime(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
