/**
 * Completion for zsh, for its own system of completion (`compinit`).
 */
import type { Row } from "../help/prose.ts";
import type { Expected, ExpectedLine, ExpectedOption } from "./expected.ts";
import { shellQuote } from "./quoting.ts";

export function zshCompletion(lines: readonly ExpectedLine[]): string {
  return `#compdef portcall
# Completion of portcall for zsh, made by \`portcall completion zsh\`. In ~/.zshrc:
#     source <(portcall completion zsh)

# Offers what can stand in a place ("serve 1") or behind an option ("serve --frame").
_portcall_offer() {
  local ret=1 place=$1 files='' hosts=''
  local -a offered
${lines.flatMap(variantTests).join("\n")}
  case $place in
${cases(lines).join("\n")}
  esac
  if [[ $PREFIX == unix:* && -n \${(M)offered:#unix\\\\:*} ]]; then
    compset -P unix:
    _files && ret=0
    return ret
  fi
  # Behind a colon more is to follow, so no space.
  local -a complete=(\${offered:#*[^\\\\]\\\\::*}) opening=(\${(M)offered:#*[^\\\\]\\\\::*})
  (( $#complete )) && _describe -t words word complete && ret=0
  (( $#opening )) && _describe -t words word opening -S '' && ret=0
  [[ -n $hosts ]] && _hosts && ret=0
  [[ $files == any || ( $files == paths && $PREFIX == [./~]* ) ]] && _files && ret=0
  [[ $files == folders ]] && _files -/ && ret=0
  return ret
}

_portcall() {
  local curcontext=$curcontext state line ret=1
  local -A opt_args
  _arguments -C -S \\
    '(- : *)'{-h,--help}'[show help]' \\
    '(- : *)--version[show the version]' \\
    '1: : _portcall_offer portcall\\ 1' \\
    '*:: :->rest' && ret=0
  [[ $state == rest ]] || return ret
  case $words[1] in
${lines.flatMap(lineCase).join("\n")}
  esac
  return ret
}

# Read from a file of fpath by that name, or sourced.
if [[ $funcstack[1] == _portcall ]]; then
  _portcall "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _portcall portcall
fi
`;
}

function cases(lines: readonly ExpectedLine[]): string[] {
  return [
    oneCase("portcall 1", {
      words: lines.map(({ name, brief }) => [name, brief]),
      files: "none",
      hosts: false,
    }),
    ...lines.flatMap(({ name, options, places }) => [
      ...options.flatMap(({ names, value }) =>
        value === undefined ? [] : [oneCase(`${name} ${names.at(-1)}`, value.expected)],
      ),
      ...places.map(({ option, nth, expected }) =>
        oneCase([name, ...option.slice(-1), nth].join(" "), expected),
      ),
    ]),
  ];
}

/** An option that changes what stands in the places of its command. */
function variantTests({ name, places }: ExpectedLine): string[] {
  const given = new Map(
    places.filter(({ option }) => option.length > 0).map(({ option }) => [option.join(), option]),
  );
  return [...given.values()].map((option) => {
    const test = option.map((one) => `$+opt_args[${one}]`).join(" || ");
    return `  [[ $place == ${shellQuote(`${name} `)}<-> ]] && (( ${test} )) && place=${shellQuote(`${name} ${option.at(-1)} `)}\${place##* }`;
  });
}

function oneCase(key: string, { words, files, hosts }: Expected): string {
  const body = [
    ...(words.length > 0 ? [`offered=(${words.map(describedWord).join(" ")})`] : []),
    ...(files === "none" ? [] : [`files=${files}`]),
    ...(hosts ? ["hosts=1"] : []),
  ];
  return `    ${shellQuote(key)}) ${[...body, ""].join(" ")};;`;
}

/** As \`_describe\` takes it: the word, a colon, and what it means. */
function describedWord([word, meaning]: Row): string {
  return shellQuote(`${word.replaceAll(/[\\:]/g, "\\$&")}:${meaning.replaceAll("\\", "\\\\")}`);
}

function lineCase({ name, options, places }: ExpectedLine): string[] {
  const count = Math.max(0, ...places.map(({ nth }) => nth));
  return [
    `    ${name})`,
    "      _arguments -s -S \\",
    ...options.map((option) => `        ${optionSpec(name, option)} \\`),
    ...Array.from({ length: count }, (_, index) => {
      const nth = index + 1;
      return `        ${shellQuote(`${nth}: : _portcall_offer ${name}\\ ${nth}`)} \\`;
    }),
    "        && ret=0",
    "      ;;",
  ];
}

/** As \`_arguments\` takes it: which options exclude it, its names, what it means, and its value. */
function optionSpec(command: string, { names, brief, value }: ExpectedOption): string {
  const meaning = `[${brief.replaceAll(/[\\[\]]/g, "\\$&")}]`;
  const behind =
    value === undefined
      ? ""
      : `${value.mayBeLeftOut ? "::" : ":"}${value.name.replaceAll(/[\\:]/g, "\\$&")}: _portcall_offer ${command}\\ ${names.at(-1)}`;
  const typed = names.map((name) => {
    if (value === undefined) return name;
    if (!name.startsWith("--")) return `${name}+`;
    return value.mayBeLeftOut ? `${name}=-` : `${name}=`;
  });
  const excluded = shellQuote(`(${names.join(" ")})`);
  const spelled = typed.length > 1 ? `{${typed.join(",")}}` : typed.join();
  return `${excluded}${spelled}${shellQuote(meaning + behind)}`;
}
