/**
 * Command lines that cannot be: hosts, ports and values that are none, options that are
 * misspelt, left empty or given too much, words too few and too many.
 *
 * What is wrong with options is made from the commands' own tables, so that a new option
 * is in it without a word here.
 */
import { counts, frames, hosts, nasty, ports, targets, texts, times, verbs } from "./bad-words.ts";
import type { Chance } from "./chance.ts";

/** What is needed of a command: its name, and its options by their long names. */
export interface CommandShape {
  readonly name: string;
  readonly options: Readonly<
    Record<string, { readonly value?: { readonly whenLeftOut?: string } | undefined }>
  >;
}

/** All of them, and so many more made at random. */
export function badLines(
  commands: readonly CommandShape[],
  chance: Chance,
  atRandom: number,
): readonly (readonly string[])[] {
  return [
    ...hosts.flatMap((host) => [
      ["connect", "--", host, "80"],
      ["listen", "--", host, "0"],
      ["serve", "echo", "--", host, "0"],
    ]),
    ...ports.flatMap((port) => [
      ["connect", "localhost", "--", port],
      ["listen", "localhost", "--", port],
      ["serve", "echo", "--", `127.0.0.1:${port}`],
      ["connect", `--source-port=${port}`, "localhost:80"],
    ]),
    ...targets.map((target) => ["connect", "--", target]),
    ...times.flatMap((time) => [
      ["connect", "-w", time, "h:1"],
      ["listen", `--timeout=${time}`, ":0"],
      ["serve", "--drain", time, ":0"],
    ]),
    ...counts.flatMap((count) => [
      ["serve", `--concurrency=${count}`, ":0"],
      ["serve", `--messages=${count}`, ":0"],
      ["listen", `--connections=${count}`, ":0"],
    ]),
    ...frames.map((frame) => ["serve", "--frame", frame, ":0"]),
    ...texts.flatMap((text) => [
      ["serve", "--welcome", text, ":0"],
      ["serve", "--reply", text, ":0"],
    ]),
    ...verbs.flatMap((verb) => [[verb], ["help", verb]]),
    ...["ehco", "ECHO", "discrad", "smtp", "constructor", "e cho"].map((service) => ["serve", service, ":0"]),
    ["serve", ":0", "echo"],
    ["serve", "time", "--reply", "x"],
    ["connect"],
    ["connect", "localhost", "80", "90"],
    ["listen", "localhost", "80", "x\x1b[2J"],
    ["connect", "-4", "-6", "localhost:80"],
    ["connect", "-6", "127.0.0.1:80"],
    ["connect", "-4", "[::1]:80"],
    ["connect", "-s", "::1", "127.0.0.1:80"],
    ["connect", "-s", "localhost", "h:1"],
    ["connect", "-U", "-6", "/tmp/a"],
    ...commands.flatMap((command) => badOptions(command, chance)),
    ...Array.from({ length: atRandom }, () => randomLine(chance)),
  ];
}

/** Each option of a command: misspelt, with a value that it does not take, without one that it needs. */
function badOptions({ name, options }: CommandShape, chance: Chance): string[][] {
  const names = Object.keys(options);
  return names.flatMap((option) => {
    const lines = [[name, `--${misspell(option, names, chance)}`, "h:1"]];
    const value = options[option]?.value;
    if (value === undefined) lines.push([name, `--${option}=yes`, "h:1"], [name, `--${option}=`, "h:1"]);
    else if (value.whenLeftOut === undefined) lines.push([name, "h:1", `--${option}`]);
    return lines;
  });
}

/** The name with a letter more, less or other, and none of the command's own. */
function misspell(option: string, names: readonly string[], chance: Chance): string {
  for (;;) {
    const at = chance.below(option.length);
    const letter = chance.oneOf("abcdefghijklmnopqrstuvwxyz".split(""));
    const kept = option.slice(at + chance.below(2));
    const typed = option.slice(0, at) + chance.oneOf(["", letter]) + kept;
    const isKnown = [typed, typed.replace(/^no-/, "")].some((word) => ["", "help", ...names].includes(word));
    if (!isKnown && /^[a-z]/.test(typed)) return typed;
  }
}

/** It begins with an option, or a topic, that is none: whatever else stands there, nothing may be tried. */
function randomLine(chance: Chance): string[] {
  const begin = chance.oneOf([
    ["connect", "--nope"],
    ["listen", "--nope"],
    ["serve", "-p"],
    ["help", "\x9b"],
  ]);
  const words = Array.from({ length: chance.below(5) }, () =>
    chance.below(2) === 0 ? chance.oneOf(nasty) : randomText(chance),
  );
  return [...begin, ...words];
}

/** Characters of every kind; none that could make `--help` of it. */
function randomText(chance: Chance): string {
  const kinds = [0x20, 0x7f, 0xa0, 0x2100, 0x110000];
  return Array.from({ length: 1 + chance.below(12) }, () => {
    const codePoint = chance.below(chance.oneOf(kinds));
    return codePoint === 0x68 ? "" : String.fromCodePoint(codePoint);
  }).join("");
}
