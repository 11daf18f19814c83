/**
 * The forms of a command, and the options that have no effect in one of them.
 *
 * A form describes what a command line does, in a few words such as `udp`, `listen`, `many`. The row of an option
 * lists the words that it does not fit, each with the reason. `%` in the reason stands for the option as typed. An
 * option that is not rejected has an effect.
 */
import type { OptionRow, Reason } from "./options.ts";
import { UsageError } from "../usage.ts";

/** The words of a form; each may have a detail, such as the name of a service, for which `$` stands in reasons. */
export type Form = Readonly<Record<string, string>>;

/** A form of words without details; a word that does not apply is `false`. */
export function formOfWords(words: readonly (string | false)[]): Form {
  return Object.fromEntries(words.filter((word) => word !== false).map((word) => [word, ""]));
}

export const forConnections = "% is for connections, not for datagrams (-u)";
export const nothingSent = "% has no effect with -z, which sends and receives nothing";
export const excludeEachOther = "% and $ exclude each other";

type Given = Readonly<Record<string, unknown>>;
type Table = Readonly<Record<string, OptionRow<unknown>>>;

export interface FormedLine<Options extends Given> {
  readonly given: Options;
  readonly table: Table;
  /** What was typed, of all that was given. */
  readonly typed: Given;
  /** Called when no option excludes another. @throws {UsageError} for a line that has no form. */
  readonly formOf: (given: Options) => Form;
  readonly spelling: (name: string) => string;
}

/** Something that does not fit: one of the options has to go. */
interface Misfit {
  readonly names: readonly string[];
  readonly why: string;
  readonly always?: boolean;
}

/**
 * The options of a line that fit its form.
 *
 * @throws {UsageError} for an option that was typed and does not fit.
 */
export function fittingOptions<Options extends Given>(line: FormedLine<Options>): Options {
  const misfits = misfitsOf(line);
  const droppable = misfits.flatMap(({ names, always }) =>
    always === true ? [] : names.filter((name) => !Object.hasOwn(line.typed, name)),
  );
  const [dropped] = droppable;
  if (dropped !== undefined) {
    const rest = Object.entries(line.given).filter(([name]) => name !== dropped);
    return fittingOptions({ ...line, given: Object.fromEntries(rest) as Options });
  }
  const [misfit] = misfits;
  if (misfit === undefined) return line.given;
  throw new UsageError(misfit.why);
}

function misfitsOf<Options extends Given>(line: FormedLine<Options>): readonly Misfit[] {
  const { given, table, spelling } = line;
  const rows = Object.entries(table).filter(([name]) => given[name] !== undefined);
  const pairs = rows.flatMap(([name, { excludes = {} }]) =>
    Object.entries(excludes)
      .filter(([other]) => given[other] !== undefined)
      .map(([other, why]) => ({ names: [name, other], why: worded(why, spelling(name), spelling(other)) })),
  );
  if (pairs.length > 0) return pairs;
  const form = line.formOf(given);
  return [
    ...rows.flatMap(([name, row]) => withoutEffect(name, row, form, spelling)),
    ...rows.flatMap(([name, { needs }]) => {
      if (needs === undefined || needs.some((other) => given[other] !== undefined)) return [];
      const others = needs.map(spelling).join(" or ");
      return [{ names: [name], why: `${spelling(name)} has an effect only with ${others}` }];
    }),
  ];
}

function withoutEffect(
  name: string,
  { unfit = {} }: OptionRow<unknown>,
  form: Form,
  spelling: (name: string) => string,
): Misfit[] {
  const word = Object.keys(form).find((one) => Object.hasOwn(unfit, one));
  if (word === undefined) return [];
  const reason = unfit[word] as Reason;
  const { why, always } = typeof reason === "string" ? { why: reason, always: false } : reason;
  return [{ names: [name], why: worded(why, spelling(name), form[word] ?? ""), always }];
}

function worded(why: string, option: string, detail: string): string {
  return why.replace("%", () => option).replace("$", () => detail);
}
