/**
 * The words that completion can offer at each position of a command line.
 *
 * They come from the table of commands: from the placeholders of options and of the forms of usage. `<a|b|c>` is one
 * of these words. The last word of any other placeholder is its kind: a `<handler file>` is a file.
 */
import { codecBriefs } from "../../codec/index.ts";
import { services } from "../../services/index.ts";
import type { Command } from "../command.ts";
import { optionNames } from "../args/options.ts";
import type { Row } from "../help/prose.ts";
import type { Topic } from "../help/topic.ts";

/** The possible values of an argument, or of an option. */
export interface Expected {
  /** Words, with what each means; behind one that ends in a colon, more is to follow. */
  readonly words: readonly Row[];
  /** Files of any name; `paths` where a file has to look like one, as in `./x`, since it may be another word. */
  readonly files: "any" | "paths" | "folders" | "none";
  /** Whether it may be the name of a host. */
  readonly hosts: boolean;
}

export interface ExpectedOption {
  /** As they are typed: `-w` and `--timeout`. */
  readonly names: readonly string[];
  readonly brief: string;
  /** Nothing for a switch. A value that may be left out stands behind `=` only. */
  readonly value: { readonly mayBeLeftOut: boolean; readonly expected: Expected } | undefined;
}

/** A word that is no option: the first, the second and so on. */
export interface ExpectedArgument {
  /** The option that changes this argument; empty for the usual form. */
  readonly option: readonly string[];
  /** Counted from 1. */
  readonly nth: number;
  readonly expected: Expected;
}

export interface ExpectedLine {
  readonly name: string;
  readonly brief: string;
  readonly options: readonly ExpectedOption[];
  readonly positionals: readonly ExpectedArgument[];
}

const nothing: Expected = { words: [], files: "none", hosts: false };

export function expectedLines(commands: readonly Command[], topics: readonly Topic[]): ExpectedLine[] {
  const vocabulary = vocabularyOf(commands, topics);
  return commands.map((command) => ({
    name: command.name,
    brief: command.brief,
    options: [
      ...Object.entries(command.options).map(([name, { short, brief, value }]) => ({
        names: optionNames(name, { short }),
        brief,
        value: value && {
          mayBeLeftOut: value.whenLeftOut !== undefined,
          expected: expectedAt(value.placeholder, vocabulary),
        },
      })),
      { names: ["-h", "--help"], brief: "show help", value: undefined },
    ],
    positionals: positionalsOf(command, vocabulary),
  }));
}

type Vocabulary = ReadonlyMap<string, Expected>;

function vocabularyOf(commands: readonly Command[], topics: readonly Topic[]): Vocabulary {
  const briefs = (rows: readonly { name: string; brief: string }[]): Expected => ({
    ...nothing,
    words: rows.map(({ name, brief }) => [name, brief]),
  });
  const host: Expected = { ...nothing, hosts: true };
  const address: Expected = { ...host, words: [["unix:", "a Unix socket"]] };
  return new Map<string, Expected>([
    ["service", briefs(services)],
    ["topic", briefs([...commands, ...topics])],
    [
      "frame",
      { ...nothing, words: Object.entries(codecBriefs).map(([form, brief]) => [opening(form), brief]) },
    ],
    ["host", host],
    ["address", address],
    ["target", address],
    ["file", { ...nothing, files: "any" }],
    ["path", { ...nothing, files: "any" }],
    ["folder", { ...nothing, files: "folders" }],
  ]);
}

/** What is fixed of a form: `delim:` of `delim:<text>`. */
function opening(form: string): string {
  return form.replace(/<.*$/, "");
}

/** What a word of usage, or a placeholder, stands for. */
function expectedAt(token: string, vocabulary: Vocabulary): Expected {
  const inner = /^(?:\[(.*)\]|<([^<>]*)>)$/.exec(token);
  const text = inner?.[1] ?? inner?.[2];
  if (text === undefined) {
    const fixed = opening(token);
    if (fixed.endsWith(":")) return { ...nothing, words: [[fixed, "a Unix socket"]] };
    const [, placeholder] = /<([^<>]*)>/.exec(token) ?? [];
    if (placeholder === undefined) return { ...nothing, words: [[token, ""]] };
    return meaningOf(placeholder, vocabulary) ?? nothing;
  }
  if (text.includes("<")) return expectedAt(text, vocabulary);
  if (!text.includes("|")) return meaningOf(text, vocabulary) ?? nothing;
  return text
    .split("|")
    .map((word) => meaningOf(word, vocabulary) ?? { ...nothing, words: [[word, ""] as const] })
    .reduce(either);
}

function meaningOf(placeholder: string, vocabulary: Vocabulary): Expected | undefined {
  return vocabulary.get(placeholder.split(" ").at(-1) ?? "");
}

/** The positional arguments of all forms of usage together. */
function positionalsOf(command: Command, vocabulary: Vocabulary): ExpectedArgument[] {
  const found = new Map<string, ExpectedArgument>();
  for (const form of command.usage) {
    const { option, words } = wordsOf(form, command);
    for (const variant of withoutOptional(words)) {
      for (const [index, token] of variant.entries()) {
        const key = `${option.join()} ${index}`;
        const expected = expectedAt(token, vocabulary);
        const before = found.get(key);
        const all = before === undefined ? expected : either(before.expected, expected);
        found.set(key, { option, nth: index + 1, expected: all });
      }
    }
  }
  return [...found.values()];
}

/** The words of a form that are no options, and the names of the option that makes it another form. */
function wordsOf(form: string, command: Command): { option: readonly string[]; words: readonly string[] } {
  const tokens = form.match(/(?:\[[^\]]*\]|<[^>]*>|\S)+/g) ?? [];
  let option: readonly string[] = [];
  const words: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as string;
    const named = Object.entries(command.options).find(([name, row]) =>
      optionNames(name, row).includes(token),
    );
    if (named === undefined) {
      if (!/^\[?-/.test(token)) words.push(token);
      continue;
    }
    const [name, row] = named;
    option = optionNames(name, row);
    if (row.value !== undefined) index++;
  }
  return { option, words };
}

/** The words as they may come: `[service] [address]` is one of `service address`, `service`, `address`. */
function withoutOptional(words: readonly string[]): string[][] {
  const [first, ...others] = words;
  if (first === undefined) return [[]];
  const rest = withoutOptional(others);
  const present = rest.map((one) => [first, ...one]);
  return first.startsWith("[") ? [...present, ...rest] : present;
}

function either(one: Expected, other: Expected): Expected {
  const words = new Map([...one.words, ...other.words]);
  const hosts = one.hosts || other.hosts;
  const files = one.files === "none" ? other.files : one.files;
  const isMixed = hosts || words.size > 0;
  return { words: [...words], hosts, files: files === "any" && isMixed ? "paths" : files };
}
