/**
 * Completion for bash, 3.2 (as macOS has it) and later, with the package bash-completion or without.
 */
import type { Expected, ExpectedLine } from "./expected.ts";
import { shellQuote } from "./quoting.ts";

export function bashCompletion(lines: readonly ExpectedLine[]): string {
  return `# Completion of portcall for bash, made by \`portcall completion bash\`. In ~/.bashrc:
#     source <(portcall completion bash)

# What can stand in a place ("serve 1"), behind an option ("serve --frame", "serve --frame="), or as an option ("serve -").
# Fails for what there is not.
__portcall_expect() {
  words='' files='' hosts=''
  case $1 in
${cases(lines).join("\n")}
    *) return 1 ;;
  esac
}

__portcall_complete() {
  local words files hosts rest=\${COMP_LINE:0:COMP_POINT} space piece cut='' i
  local -a typed
  COMPREPLY=()

  # The words as they were typed, up to the cursor; bash cuts them at = and : as well.
  rest=\${rest#*"\${COMP_WORDS[0]}"}
  for ((i = 1; i <= COMP_CWORD; i++)); do
    space=\${rest%%[![:space:]]*}
    rest=\${rest#"$space"}
    if ((i < COMP_CWORD)); then piece=\${COMP_WORDS[i]}; else piece=$rest; fi
    rest=\${rest#"$piece"}
    if [[ -n $space || \${#typed[@]} -eq 0 ]]; then typed+=("$piece"); else typed[\${#typed[@]} - 1]+=$piece; fi
  done
  local current=\${typed[\${#typed[@]} - 1]#[\\"\\']}

  # Where the current word stands.
  local command=\${typed[0]} option='' with='' plain='' place=1 word
  for ((i = 1; i < \${#typed[@]} - 1; i++)); do
    word=\${typed[i]}
    if [[ -n $option ]]; then
      option=''
    elif [[ -z $plain && $word == -- ]]; then
      plain=1
    elif [[ -z $plain && $word == -?* ]]; then
      [[ $word == --* ]] || word=-\${word:\${#word}-1}
      if [[ $word != *= ]] && __portcall_expect "$command $word"; then option=$word; fi
      if __portcall_expect "$command \${word%%=*} 1"; then with="\${word%%=*} "; fi
    else
      place=$((place + 1))
    fi
  done

  # All that can stand there; what is typed already, up to the last = or :, is not repeated.
  local before=''
  if ((\${#typed[@]} == 1)); then
    command=portcall
  fi
  if [[ -n $option ]]; then
    word="$command $option"
  elif [[ -z $plain && $current == --*=* ]]; then
    before=\${current%%=*}=
    word="$command $before"
  elif [[ -z $plain && $current == -* ]]; then
    word="$command -"
  else
    word="$command $with$place"
  fi
  __portcall_expect "$word" || return 0
  current=\${current#"$before"}
  if [[ $current == unix:* && " $words " == *' unix: '* ]]; then
    before+=unix: current=\${current#unix:} words='' hosts='' files=any
  fi
  for piece in = :; do
    if [[ $COMP_WORDBREAKS == *"$piece"* ]]; then cut+=$piece; fi
  done
  word=$before$current
  if [[ -n $cut ]]; then cut=\${word%"\${word##*[$cut]}"}; fi
  if [[ $files == paths && $current != [./~]* ]]; then files=''; fi

  while IFS= read -r word; do
    word=$before$word
    COMPREPLY+=("\${word#"$cut"}")
  done < <(
    if [[ -n $words ]]; then compgen -W "$words" -- "$current"; fi
    if [[ -n $hosts ]]; then compgen -A hostname -- "$current"; fi
    case $files in
      any | paths) compgen -f -- "\${current//\\\\/}" ;;
      folders) compgen -d -- "\${current//\\\\/}" ;;
    esac
  )
  if [[ -n $files ]]; then compopt -o filenames 2>/dev/null; fi
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}

complete -F __portcall_complete portcall
`;
}

function cases(lines: readonly ExpectedLine[]): string[] {
  const names = lines.map(({ name }) => name);
  return [
    oneCase(["portcall 1"], `words=${shellQuote(names.join(" "))}`),
    oneCase(["portcall -"], "words='-h --help --version'"),
    ...lines.flatMap(({ name, options, places }) => [
      oneCase([`${name} -`], `words=${shellQuote(options.flatMap((option) => option.names).join(" "))}`),
      ...options.flatMap((option) =>
        option.value === undefined
          ? []
          : [
              oneCase(
                valueKeys(name, option.names, option.value.mayBeLeftOut),
                assignments(option.value.expected),
              ),
            ],
      ),
      ...places.map(({ option, nth, expected }) =>
        oneCase(
          option.length === 0 ? [`${name} ${nth}`] : option.map((one) => `${name} ${one} ${nth}`),
          assignments(expected),
        ),
      ),
    ]),
  ];
}

function valueKeys(command: string, names: readonly string[], mayBeLeftOut: boolean): string[] {
  return names
    .flatMap((name) => [...(mayBeLeftOut ? [] : [name]), ...(name.startsWith("--") ? [`${name}=`] : [])])
    .map((name) => `${command} ${name}`);
}

function oneCase(keys: readonly string[], body: string): string {
  return `    ${keys.map(shellQuote).join(" | ")}) ${body}${body === "" ? "" : " "};;`;
}

function assignments({ words, files, hosts }: Expected): string {
  return [
    ...(words.length > 0 ? [`words=${shellQuote(words.map(([word]) => word).join(" "))}`] : []),
    ...(files === "none" ? [] : [`files=${files}`]),
    ...(hosts ? ["hosts=1"] : []),
  ].join(" ");
}
