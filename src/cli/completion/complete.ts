/**
 * What can stand at the cursor, given the words up to it.
 */
import type { Row } from "../help/prose.ts";
import type { Expected, ExpectedLine } from "./expected.ts";

export interface Completion {
  /** Whole words, `lead` included, with what each means; behind one that ends in a colon, more is to follow. */
  readonly words: readonly Row[];
  readonly files: "any" | "folders" | "none";
  readonly hosts: boolean;
  /** The part of the current word that stands before a value: `--frame=`, `unix:`, or nothing. */
  readonly lead: string;
  readonly value: string;
}

const topOptions: readonly Row[] = [
  ["-h", "show help"],
  ["--help", "show help"],
  ["--version", "show the version"],
];

/** `typed` is what follows `portcall`; its last word is the one at the cursor, and may be empty. */
export function complete(lines: readonly ExpectedLine[], typed: readonly string[]): Completion {
  const [command = ""] = typed;
  const current = typed.at(-1) ?? "";
  if (typed.length < 2) {
    const words = command.startsWith("-") ? topOptions : lines.map(({ name, brief }): Row => [name, brief]);
    return { words, files: "none", hosts: false, lead: "", value: command };
  }
  const line = lines.find(({ name }) => name === command);
  if (line === undefined) return resolved(undefined, "", current);
  const { option, form, nth, optionsMayFollow } = positionOf(line, typed.slice(1, -1));
  if (option !== undefined) return resolved(option, "", current);
  if (optionsMayFollow && current.startsWith("-")) {
    const lead = /^--[^=]*=/.exec(current)?.[0];
    if (lead !== undefined) {
      const row = line.options.find(({ names }) => names.includes(lead.slice(0, -1)));
      return resolved(row?.value?.expected, lead, current.slice(lead.length));
    }
    const words = line.options.flatMap(({ names, brief }) => names.map((name): Row => [name, brief]));
    return { words, files: "none", hosts: false, lead: "", value: current };
  }
  const argument = line.positionals
    .filter((one) => one.nth === nth)
    .find(({ option: forms }) => (form === undefined ? forms.length === 0 : forms.includes(form)));
  return resolved(argument?.expected, "", current);
}

interface Position {
  /** What the option before the cursor takes, if it takes the next word. */
  readonly option: Expected | undefined;
  /** The option that changes which arguments the command takes. */
  readonly form: string | undefined;
  readonly nth: number;
  /** No `--` stands before the cursor. */
  readonly optionsMayFollow: boolean;
}

function positionOf({ options, positionals }: ExpectedLine, before: readonly string[]): Position {
  let option: Expected | undefined;
  let form: string | undefined;
  let nth = 1;
  let optionsMayFollow = true;
  for (const word of before) {
    if (option !== undefined) option = undefined;
    else if (optionsMayFollow && word === "--") optionsMayFollow = false;
    else if (optionsMayFollow && /^-./.test(word)) {
      // Of letters in a bundle, only the last can take the next word.
      const name = word.startsWith("--") ? word.replace(/=.*$/s, "") : `-${word.at(-1) ?? ""}`;
      const value = options.find(({ names }) => names.includes(name))?.value;
      if (value !== undefined && !value.mayBeLeftOut && !/^--.*=/s.test(word)) option = value.expected;
      if (positionals.some((one) => one.option.includes(name))) form = name;
    } else nth++;
  }
  return { option, form, nth, optionsMayFollow };
}

function resolved(expected: Expected | undefined, lead: string, value: string): Completion {
  const { words = [], files = "none", hosts = false } = expected ?? {};
  if (value.startsWith("unix:") && words.some(([word]) => word === "unix:")) {
    return {
      words: [],
      files: "any",
      hosts: false,
      lead: `${lead}unix:`,
      value: value.slice("unix:".length),
    };
  }
  return {
    words: words.map(([word, meaning]): Row => [lead + word, meaning]),
    // Other words can stand here, so a file has to look like a path.
    files: files !== "paths" ? files : /^[./~]/.test(value) ? "any" : "none",
    hosts,
    lead,
    value,
  };
}
