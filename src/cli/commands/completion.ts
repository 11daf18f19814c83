/**
 * `portcall completion`: prints a completion script for a shell.
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
  brief: "print a completion script for a shell",
  usage: [`<${names.join("|")}>`],
  about: `Prints a completion script for one shell. Load it in the shell's start-up file. It completes
commands, options and their values, services, topics, hosts and files. Name the shell, because
$SHELL is not always the one that runs. The script asks portcall for the completions.

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

/** The output of `portcall __complete <shell> …`: the completions at the cursor. It reads no file and no variable. */
export async function completeLine(
  [shell = "", ...passed]: readonly string[],
  commands: Commands,
): Promise<string> {
  const known = shellNamed(shell);
  const [command] = known.typed(passed);
  // Each TAB must be fast, so only the commands that the answer needs are loaded.
  const one = command === undefined || command === "help" ? undefined : await commands.load(command);
  const lines = expectedLines(one === undefined ? await commands.loadAll() : [one], await loadTopics());
  return answerFor(known, lines, passed);
}

function shellNamed(name: string): ShellCompletion {
  const shell = Object.hasOwn(shells, name) ? shells[name] : undefined;
  if (shell !== undefined) return shell;
  throw new UsageError(`there is no completion for ${quote(name)}${choices(name, names)}`);
}
