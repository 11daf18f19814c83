/**
 * Completion for fish.
 */
import type { Row } from "../help/prose.ts";
import type { Expected, ExpectedLine, ExpectedOption } from "./expected.ts";
import { fishQuote } from "./quoting.ts";

/** Hosts that fish knows; it leaves out this machine. */
const knownHosts = "localhost (__fish_print_hostnames)";
const folders = "(__fish_complete_directories)";

export function fishCompletion(lines: readonly ExpectedLine[]): string {
  return `# Completion of portcall for fish, made by \`portcall completion fish\`. In ~/.config/fish/config.fish:
#     portcall completion fish | source

# Whether this is the command; "" asks whether there is none yet.
function __portcall_in --argument-names command
    set -l words (commandline -opc)
    test "$words[2]" = "$command"
end

# Whether the word at the cursor stands in this place ("serve 1").
function __portcall_at --argument-names wanted
    set -l words (commandline -opc)
    set -l with
    set -l is_plain
    set -l is_value
    set -l place 1
    for word in $words[3..-1]
        if test -n "$is_value"
            set is_value
        else if test -z "$is_plain"; and test "$word" = --
            set is_plain yes
        else if test -z "$is_plain"; and string match -qr -- '^-.' $word
            string match -q -- '--*' $word; or set word -(string sub -s -1 -- $word)
            switch "$words[2] $word"
                case ${lines.flatMap(valuedOptions).map(fishQuote).join(" ")}
                    set is_value yes
            end
            switch "$words[2] "(string replace -r -- '=.*' '' $word)
${lines.flatMap(variantCases).join("\n")}
            end
        else
            set place (math $place + 1)
        end
    end
    test -z "$is_value"; and test "$words[2] $with$place" = "$wanted"
end

# The same, for a word that looks like the path of a file.
function __portcall_at_path
    string match -qr -- '^[./~]' (commandline -ct); and __portcall_at $argv
end

# The same, for the path of a Unix socket.
function __portcall_at_unix
    string match -q -- 'unix:*' (commandline -ct); and __portcall_at $argv
end

complete -c portcall -f
${[
  ...lines.map(({ name, brief }) => offer({ condition: "__portcall_in ''", word: name, brief })),
  complete("__portcall_in ''", "-s h -l help", "-d 'show help'"),
  complete("__portcall_in ''", "-l version", "-d 'show the version'"),
  ...lines.flatMap(lineRules),
].join("\n")}
`;
}

function valuedOptions({ name, options }: ExpectedLine): string[] {
  return options.flatMap(({ names, value }) =>
    value === undefined || value.mayBeLeftOut ? [] : names.map((one) => `${name} ${one}`),
  );
}

/** An option that changes what stands in the places of its command. */
function variantCases({ name, places }: ExpectedLine): string[] {
  const given = new Map(
    places.filter(({ option }) => option.length > 0).map(({ option }) => [option.join(), option]),
  );
  return [...given.values()].map((option) => {
    const keys = option.map((one) => fishQuote(`${name} ${one}`)).join(" ");
    return `                case ${keys}\n                    set with ${fishQuote(`${option.at(-1)} `)}`;
  });
}

function lineRules({ name, options, places }: ExpectedLine): string[] {
  return [
    ...options.flatMap((option) => optionRules(name, option)),
    ...places.flatMap(({ option, nth, expected }) =>
      placeRules(fishQuote([name, ...option.slice(-1), nth].join(" ")), expected),
    ),
  ];
}

function optionRules(command: string, { names, brief, value }: ExpectedOption): string[] {
  const condition = `__portcall_in ${command}`;
  const spelled = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const selector = spelled.join(" ");
  if (value === undefined) return [complete(condition, selector, `-d ${fishQuote(brief)}`)];
  const { words, files, hosts } = value.expected;
  const values = [
    ...words.map(describedWord),
    ...(hosts ? [knownHosts] : []),
    ...(files === "folders" ? [folders] : []),
  ];
  const takesFiles = files === "any" || files === "paths";
  const kind = `${value.mayBeLeftOut ? "" : "-r "}${takesFiles ? "-F" : "-f"}`;
  const offered = values.length === 0 ? [] : [`-a ${fishQuote(values.join(" "))}`];
  return [complete(condition, selector, kind, `-d ${fishQuote(brief)}`, ...offered)];
}

function placeRules(place: string, { words, files, hosts }: Expected): string[] {
  const condition = `__portcall_at ${place}`;
  return [
    ...words.map(([word, brief]) => offer({ condition, word, brief })),
    ...(words.some(([word]) => word === "unix:") ? [complete(`__portcall_at_unix ${place}`, "-F")] : []),
    ...(hosts ? [complete(condition, `-a ${fishQuote(knownHosts)}`)] : []),
    ...(files === "any" ? [complete(condition, "-F")] : []),
    ...(files === "paths" ? [complete(`__portcall_at_path ${place}`, "-F")] : []),
    ...(files === "folders" ? [complete(condition, `-a ${fishQuote(folders)}`)] : []),
  ];
}

/** A word among several, with what it means: fish has the meaning behind a tab. */
function describedWord([word, meaning]: Row): string {
  return meaning === "" ? word : `${word}\\t${fishQuote(meaning)}`;
}

function offer(given: { condition: string; word: string; brief: string }): string {
  const meaning = given.brief === "" ? [] : [`-d ${fishQuote(given.brief)}`];
  return complete(given.condition, `-a ${fishQuote(given.word)}`, ...meaning);
}

function complete(condition: string, ...rest: readonly string[]): string {
  return `complete -c portcall -n ${JSON.stringify(condition)} ${rest.join(" ")}`;
}
