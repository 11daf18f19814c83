/**
 * The options of a command: one table, used to parse the command line and to print help.
 *
 * Node's `parseArgs` splits the command line into tokens. Their meaning and every error message are decided here.
 */
import { parseArgs } from "node:util";
import { quote } from "../../base/text/quote.ts";
import { suggest } from "../../base/text/suggest.ts";
import type { OptionName } from "../../net/index.ts";
import { UsageError } from "../usage.ts";
import type { ValueReader } from "./values.ts";

/** Why an option is refused: `%` stands for the option as it is spelled. */
export type Reason =
  | string
  | {
      readonly why: string;
      /** It is refused even if a file or a variable sets it: without it, a server accepts more than was meant. */
      readonly always: true;
    };

export interface OptionRow<Value> {
  /** Its one-letter name, if it has one. */
  readonly short?: string;
  readonly brief: string;
  /** The options of the library that it sets: see library-options.ts. */
  readonly sets?: readonly OptionName[];
  /**
   * It opens access, runs a program, uses a proxy, or lets a peer control the terminal. So no file and no variable
   * may set it.
   */
  readonly lineOnly?: true;
  /** The forms of the command in which it has no effect and is rejected, with the reason: see forms.ts. */
  readonly unfit?: Readonly<Record<string, Reason>>;
  /** Options that cannot be used together with it, each with the text of the error: see forms.ts. */
  readonly excludes?: Readonly<Record<string, string>>;
  /** Options of which one has to be there too. */
  readonly needs?: readonly string[];
  /** The placeholder in help, and the reader of the value. Without this, the option is a switch. */
  readonly value?: {
    readonly placeholder: string;
    readonly read: ValueReader<Value>;
    /** The value if none is given. Such an option takes a value only after `=`. */
    readonly whenLeftOut?: string;
    /**
     * The value is a list, and a second one on the line adds to the first. `line`: the line's list replaces those of
     * files and variables. `everywhere`: it adds to them.
     */
    readonly accumulates?: "line" | "everywhere";
  };
}

export type ValuedRow<Value> = OptionRow<Value> & Required<Pick<OptionRow<Value>, "value">>;

export type SwitchRow = Omit<OptionRow<never>, "value">;

/** A command's options by long name. An option with a single letter has no other name. */
export type OptionTable = Readonly<Record<string, OptionRow<unknown>>>;

/** The given options: their values, or `true` for switches. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: string extends Name
    ? unknown
    : Table[Name] extends { value: { read: ValueReader<infer Value> } }
      ? Value
      : true;
};

export interface ParsedLine<Table extends OptionTable> {
  readonly options: OptionValues<Table>;
  readonly words: readonly string[];
}

/** The names of an option on a command line: `-w` and `--timeout`. */
export function optionNames(name: string, { short }: { readonly short?: string | undefined }): string[] {
  if (name.length === 1) return [`-${name}`];
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

/** @throws {UsageError} naming the option, and the most similar one. */
export function parseLine<Table extends OptionTable>(
  argv: readonly string[],
  table: Table,
): ParsedLine<Table> {
  const config = Object.fromEntries(
    Object.entries(table).map(([name, row]) => [
      name,
      {
        type: takesNextWord(row) ? ("string" as const) : ("boolean" as const),
        ...(row.short === undefined ? {} : { short: row.short }),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options: Record<string, unknown> = {};
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const row = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    const refused = row === undefined ? switchOf(token.name, table) : undefined;
    if (refused !== undefined && token.value === undefined) {
      Reflect.deleteProperty(options, refused);
      continue;
    }
    if (row === undefined) throw unknownOption(token.rawName, argv[token.index] ?? "", table);
    options[token.name] = accumulated(row, options[token.name], readOption(row, token.rawName, token.value));
  }
  return { options: options as OptionValues<Table>, words };
}

/** The value of an option that is given again: lists add up; otherwise the last value counts. */
export function accumulated(row: OptionRow<unknown>, before: unknown, value: unknown): unknown {
  if (row.value?.accumulates === undefined || before === undefined) return value;
  return [...(before as readonly unknown[]), ...(value as readonly unknown[])];
}

/** The switch that an option such as `no-verbose` turns off again, if a file or a variable sets it. */
function switchOf(name: string, table: OptionTable): string | undefined {
  const positive = name.startsWith("no-") ? name.slice(3) : "";
  return Object.hasOwn(table, positive) && table[positive]?.value === undefined ? positive : undefined;
}

function takesNextWord({ value }: OptionRow<unknown>): boolean {
  return value !== undefined && value.whenLeftOut === undefined;
}

function readOption(row: OptionRow<unknown>, name: string, given: string | undefined): unknown {
  const text = given ?? row.value?.whenLeftOut;
  if (row.value === undefined) {
    if (text === undefined) return true;
    throw new UsageError(`${name} takes no value, but was given ${quote(text)}`);
  }
  if (text === undefined) throw new UsageError(`${name} needs a value: ${row.value.placeholder}`);
  return row.value.read(text, name);
}

/** `word` is the whole typed word: `-verbose` is parsed as `-v -e …`, but meant as `--verbose`. */
function unknownOption(name: string, word: string, table: OptionTable): UsageError {
  const long = ["--help", ...Object.keys(table).map((key) => `--${key}`)];
  const isLong = /^-[^-]{2}/.test(word);
  const typed = isLong ? `-${word.replace(/=.*$/s, "")}` : name;
  const meant = typed.startsWith("--") ? suggest(typed, long) : undefined;
  const unknown = isLong && meant !== undefined ? word : name;
  const hint = meant === undefined ? "; --help shows them all" : `; did you mean ${meant}?`;
  return new UsageError(`there is no option ${quote(unknown)}${hint}`);
}
