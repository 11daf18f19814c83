/**
 * The shells: for each, the script that asks `portcall __complete`, and how the answer is written for it.
 *
 * An answer has a line for each thing, `<kind> TAB <text>`:
 *
 *     word, open      a word; behind `open` more is to follow, so no space
 *     files, folders  complete paths that begin with the text
 *     hosts           complete host names
 *     lead            stands before each of those paths and host names
 *     cut             what bash has taken for earlier words, and must not be repeated
 */
import { complete, type Completion } from "./complete.ts";
import type { ExpectedLine } from "./expected.ts";

export interface ShellCompletion {
  /** Loaded by the shell where it starts. */
  readonly script: string;
  /** The words up to the cursor, of what the script passes on. */
  readonly typed: (passed: readonly string[]) => readonly string[];
  readonly answer: (completion: Completion, passed: readonly string[]) => readonly string[];
}

/** What `portcall __complete <shell> …` prints. */
export function answerFor(
  shell: ShellCompletion,
  lines: readonly ExpectedLine[],
  passed: readonly string[],
): string {
  const completion = complete(lines, shell.typed(passed));
  return shell
    .answer(completion, passed)
    .map((line) => `${line}\n`)
    .join("");
}

/** Passes on the line up to the cursor, and where bash cuts words: it cuts them at = and : as well. */
const bash: ShellCompletion = {
  script: `# Completion of portcall for bash, 3.2 and later. In ~/.bashrc:
#     source <(portcall completion bash)
__portcall_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} kind text match lead='' cut=''
  COMPREPLY=()
  while IFS=$'\\t' read -r kind text; do
    case $kind in
      lead) lead=$text ;;
      cut) cut=$text ;;
      word | open) COMPREPLY+=("\${text#"$cut"}") ;;
      *)
        [[ $kind == hosts ]] || compopt -o filenames 2>/dev/null
        while IFS= read -r match; do
          match=$lead$match
          COMPREPLY+=("\${match#"$cut"}")
        done < <(case $kind in
          files) compgen -f -- "$text" ;;
          folders) compgen -d -- "$text" ;;
          hosts) compgen -A hostname -- "$text" ;;
        esac)
        ;;
    esac
  done < <(portcall __complete bash "\${line#*"\${COMP_WORDS[0]}"}" "$COMP_WORDBREAKS" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F __portcall_complete portcall
`,
  typed: ([line = ""]) => wordsOf(line),
  answer(completion, [, breaks = ""]) {
    const { words, lead, value } = completion;
    const current = lead + value;
    const cutEnd = Math.max(
      ...["=", ":"].map((mark) => (breaks.includes(mark) ? current.lastIndexOf(mark) : -1)),
    );
    return [
      ...(cutEnd === -1 ? [] : [`cut\t${current.slice(0, cutEnd + 1)}`]),
      ...words.flatMap(([word]) => (word.startsWith(current) ? [kindOf(word) + word] : [])),
      ...paths(completion),
    ];
  },
};

const zsh: ShellCompletion = {
  script: `#compdef portcall
# Completion of portcall for zsh. In ~/.zshrc:
#     source <(portcall completion zsh)
_portcall() {
  local kind text lead='' ret=1
  local -a complete opening
  while IFS=$'\\t' read -r kind text; do
    case $kind in
      lead) lead=$text ;;
      word) complete+=("$text") ;;
      open) opening+=("$text") ;;
      *)
        compset -P "\${(b)lead}"
        case $kind in
          files) _files && ret=0 ;;
          folders) _files -/ && ret=0 ;;
          hosts) _hosts && ret=0 ;;
        esac
        ;;
    esac
  done < <(portcall __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( $#complete )) && _describe -t words word complete && ret=0
  (( $#opening )) && _describe -t words word opening -S '' && ret=0
  return ret
}
# Read from a file of fpath by that name, or sourced.
if [[ $funcstack[1] == _portcall ]]; then
  _portcall "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _portcall portcall
fi
`,
  typed: (passed) => passed,
  // As `_describe` takes it: the word, a colon, and what it means.
  answer: (completion) => [
    ...completion.words.map(
      ([word, meaning]) =>
        `${kindOf(word)}${word.replaceAll(/[\\:]/g, "\\$&")}:${meaning.replaceAll("\\", "\\\\")}`,
    ),
    ...paths(completion),
  ],
};

const fish: ShellCompletion = {
  script: `# Completion of portcall for fish. In ~/.config/fish/config.fish:
#     portcall completion fish | source
function __portcall_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l lead
    portcall __complete fish $words "$current" 2>/dev/null | while read -l -d \\t kind text meaning
        switch $kind
            case lead
                set lead $text
            case files
                string replace -r -- '^' "$lead" (complete -C "'' $text")
            case folders
                string replace -r -- '^' "$lead" (__fish_complete_directories $text)
            case hosts
                # fish leaves out this machine.
                string replace -r -- '^' "$lead" localhost (__fish_print_hostnames)
            case '*'
                printf '%s\\t%s\\n' $text $meaning
        end
    end
end
complete -c portcall -f -a '(__portcall_complete)'
`,
  typed: (passed) => passed,
  answer: (completion) => [
    ...completion.words.map(([word, meaning]) => `${kindOf(word)}${word}\t${meaning}`),
    ...paths(completion),
  ],
};

export const shells: Readonly<Record<string, ShellCompletion>> = { bash, zsh, fish };

function kindOf(word: string): string {
  return word.endsWith(":") ? "open\t" : "word\t";
}

function paths({ files, hosts, lead, value }: Completion): readonly string[] {
  const kinds = [
    ...(files === "none" ? [] : [files === "any" ? "files" : files]),
    ...(hosts ? ["hosts"] : []),
  ];
  return [
    ...(lead === "" || kinds.length === 0 ? [] : [`lead\t${lead}`]),
    ...kinds.map((kind) => `${kind}\t${value}`),
  ];
}

/** The words of a line of bash, without quotes and backslashes; the last one is at the cursor. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s+((?:\\.?|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"'\\])*)/gsy;
  for (const [, typed = ""] of line.matchAll(pattern)) {
    words.push(typed.replaceAll(/\\(.)|["'\\]/gs, "$1"));
  }
  return words;
}
