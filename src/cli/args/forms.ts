/**
 * The forms of a command, and the options that have no effect in one of them.
 *
 * A form is what a command line does, in a few words, such as `udp`, `listen`, `many`. The
 * row of an option names the words it does not go with, each with the reason, in which `%`
 * stands for the option as it was typed. An option
 * that is not refused has an effect.
 */
import type { OptionRow } from "./options.ts";
import { UnfittingOption } from "../usage.ts";

/** Why an option is refused in a form; `undefined` if it has an effect there. */
function whyUnfit({ unfit = {} }: OptionRow<unknown>, form: readonly string[]): string | undefined {
  const word = form.find((one) => Object.hasOwn(unfit, one));
  return word === undefined ? undefined : unfit[word];
}

/** @throws {UnfittingOption} for the first option that was given and has no effect in this form. */
export function refuseUnfit(
  given: Readonly<Record<string, unknown>>,
  table: Readonly<Record<string, OptionRow<unknown>>>,
  form: readonly string[],
  spelling: (name: string) => string,
): void {
  for (const name of Object.keys(given)) {
    const why = whyUnfit(table[name] ?? { brief: "" }, form);
    if (why !== undefined) throw new UnfittingOption(name, why.replace("%", spelling(name)));
  }
}
