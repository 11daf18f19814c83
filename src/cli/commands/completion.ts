/**
 * `portcall completion`: a script that completes command lines of `portcall` in a shell; and `portcall __complete`,
 * which the script calls.
 */
import { quote } from "../../base/text/quote.ts";
import { choices } from "../../base/text/suggest.ts";
import type { Command, Commands } from "../command.ts";
import { expectedLines } from "../completion/expected.ts";
import { answerFor, shells, type ShellCompletion } from "../completion/shells.ts";
import { loadTopics } from "../help/index.ts";
import { UsageError } from "../usage.ts";

const names = Object.keys(shells);

/** The command; `__complete` knows all commands. */
export const completionCommand: Command = {
  name: "completion",
  brief: "print a script with which a shell completes what is typed",
  usage: [`<${names.join("|")}>`],
  about: `Prints a script for one shell. Loaded where the shell starts, it completes commands, options
and their values, services, topics, hosts and files. The shell has to be named, since the
one that runs is not always the one of $SHELL. The script asks portcall itself what can stand at the cursor.

  bash    in ~/.bashrc: \`source <(portcall completion bash)\`
  zsh     in ~/.zshrc: \`source <(portcall completion zsh)\`
  fish    in ~/.config/fish/config.fish: \`portcall completion fish | source\``,
  options: {},
  examples: [["source <(portcall completion bash)", "complete in this bash, until it ends"]],
  async run({ words: [shell, second] }, terminal) {
    if (shell === undefined) throw new UsageError(`for which shell? There are ${names.join(", ")}`);
    if (second !== undefined) throw new UsageError(`${quote(second)} is one word too many`);
    return terminal.print(shellNamed(shell).script);
  },
};

/** What `portcall __complete <shell> …` prints: what can stand at the cursor. It reads no file and no variable. */
export async function completeLine(
  [shell = "", ...passed]: readonly string[],
  commands: Commands,
): Promise<string> {
  const known = shellNamed(shell);
  const [command] = known.typed(passed);
  // At each TAB, time counts: only the commands that the answer is about are loaded.
  const one = command === undefined || command === "help" ? undefined : await commands.load(command);
  const lines = expectedLines(one === undefined ? await commands.loadAll() : [one], await loadTopics());
  return answerFor(known, lines, passed);
}

function shellNamed(name: string): ShellCompletion {
  const shell = Object.hasOwn(shells, name) ? shells[name] : undefined;
  if (shell !== undefined) return shell;
  throw new UsageError(`there is no completion for ${quote(name)}${choices(name, names)}`);
}
