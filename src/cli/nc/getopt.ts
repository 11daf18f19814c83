/**
 * Parses flags as the `getopt` of nc and ncat does: bundled letters, a value after its letter or in the next word,
 * unambiguous prefixes of long names, and words anywhere.
 */
import { quote } from "../../base/text/quote.ts";
import { suggest } from "../../base/text/suggest.ts";
import { accumulated } from "../args/options.ts";
import { UsageError } from "../usage.ts";
import type { Dialect, FlagRow, NcValues } from "./flag-row.ts";
import { ncFlags } from "./flags.ts";

export interface NcLine {
  readonly dialect: Dialect;
  readonly given: NcValues;
  /** Each flag as typed: `-k` or `--keep-open`. */
  readonly spelling: Readonly<Record<string, string>>;
  readonly verbosity: number;
  readonly words: readonly string[];
  /** The letters with another meaning in the other program, as typed. */
  readonly disputed: readonly DisputedLetter[];
  /** Why an unsupported flag is rejected, in one line. */
  readonly refused: string | undefined;
}

/** A letter with different meanings in nc and ncat. */
export interface DisputedLetter {
  readonly letter: string;
  readonly value: string | undefined;
  readonly next: string | undefined;
}

/**
 * Parses a line as OpenBSD's, unless it has a flag that only ncat has, or ncat was called.
 *
 * @throws {UsageError} for a flag that neither program has, or an invalid value.
 */
export function readFlags(argv: readonly string[], called: Dialect = "nc"): NcLine {
  const line = new Reader(argv, called).read();
  return line.speaksNcat && called === "nc" ? new Reader(argv, "ncat").read() : line;
}

class Reader {
  readonly #argv: readonly string[];
  readonly #dialect: Dialect;
  readonly #given: Record<string, unknown> = {};
  readonly #spelling: Record<string, string> = {};
  readonly #words: string[] = [];
  readonly #disputed: DisputedLetter[] = [];
  #verbosity = 0;
  #at = 0;
  #speaksNcat = false;
  #refused: string | undefined;

  constructor(argv: readonly string[], dialect: Dialect) {
    this.#argv = argv;
    this.#dialect = dialect;
  }

  read(): NcLine & { readonly speaksNcat: boolean } {
    while (this.#at < this.#argv.length) {
      const word = this.#argv[this.#at++] as string;
      if (word === "--") {
        this.#words.push(...this.#argv.slice(this.#at));
        break;
      }
      if (word.startsWith("--")) this.#readLong(word);
      else if (word.startsWith("-") && word !== "-") this.#readBundle(word.slice(1));
      else this.#words.push(word);
    }
    return {
      dialect: this.#dialect,
      given: this.#given,
      spelling: this.#spelling,
      verbosity: this.#verbosity,
      words: this.#words,
      disputed: this.#disputed,
      refused: this.#refused,
      speaksNcat: this.#speaksNcat,
    };
  }

  #readLong(word: string): void {
    this.#speaksNcat = true;
    const [, typed = "", attached] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const name = longNameOf(typed);
    const takesValue = ncFlags[name]?.value !== undefined;
    if (!takesValue && attached !== undefined) {
      throw new UsageError(`--${name} takes no value, but was given ${quote(attached)}`);
    }
    this.#take(name, `--${name}`, takesValue ? (attached ?? this.#nextWord(`--${name}`)) : undefined);
  }

  #readBundle(letters: string): void {
    for (let index = 0; index < letters.length; index++) {
      const letter = letters[index] as string;
      const name = nameOfLetter(letter, this.#dialect);
      const rest = letters.slice(index + 1);
      const takesValue = ncFlags[name]?.value !== undefined;
      const value = !takesValue ? undefined : rest === "" ? this.#nextWord(`-${letter}`) : rest;
      if (isDisputed(letter)) this.#disputed.push({ letter, value, next: this.#argv[this.#at] });
      this.#take(name, `-${letter}`, value);
      if (takesValue) return;
    }
  }

  #nextWord(flag: string): string {
    const word = this.#argv[this.#at++];
    if (word === undefined) throw new UsageError(`${flag} needs a value`);
    return word;
  }

  #take(name: string, typed: string, value: string | undefined): void {
    const row = ncFlags[name] as FlagRow;
    this.#speaksNcat ||= row.ncatOnly === true;
    if (row.cannot !== undefined) this.#refused ??= `${typed}: ${row.cannot}`;
    this.#spelling[name] = typed;
    if (name === "verbose") this.#verbosity++;
    const read = value === undefined ? true : row.value?.read(value, typed);
    this.#given[name] = accumulated(row, this.#given[name], read);
  }
}

function nameOfLetter(letter: string, dialect: Dialect): string {
  const entries = Object.entries(ncFlags);
  const inNcat = entries.find(([, row]) => row.ncatShort === letter)?.[0];
  if (dialect === "ncat" && inNcat !== undefined) return inNcat;
  const name = entries.find(([key, row]) => row.short === letter || key === letter)?.[0];
  if (name === undefined) {
    throw new UsageError(`there is no flag ${quote(`-${letter}`)}, in nc or in ncat; -h shows them all`);
  }
  return name;
}

function isDisputed(letter: string): boolean {
  return Object.values(ncFlags).some(({ ncatShort }) => ncatShort === letter);
}

/** The flag for a long name, or for an unambiguous prefix of one. */
function longNameOf(typed: string): string {
  const names = Object.keys(ncFlags).filter((name) => name.length > 1);
  if (names.includes(typed)) return typed;
  const meant = names.filter((name) => name.startsWith(typed));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  if (only !== undefined) {
    throw new UsageError(`--${typed} could be ${meant.map((name) => `--${name}`).join(" or ")}`);
  }
  const near = suggest(typed, names);
  throw new UsageError(
    `there is no flag ${quote(`--${typed}`)}${near === undefined ? "; -h shows them all" : `; did you mean --${near}?`}`,
  );
}
