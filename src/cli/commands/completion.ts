/**
 * `portcall completion`: a script that teaches a shell what can be typed behind `portcall`.
 */
import { quote } from "../../base/text/quote.ts";
import type { Command, Commands } from "../command.ts";
import { expectedLines, type ExpectedLine } from "../completion/expected.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { loadTopics } from "../help/index.ts";
import { choices } from "../../base/text/suggest.ts";
import { UsageError } from "../usage.ts";

const shells: Readonly<Record<string, (lines: readonly ExpectedLine[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};
const names = Object.keys(shells);

/** The command; its scripts know these. */
export function completionCommand(commands: Commands): Command {
  return {
    name: "completion",
    brief: "print a script with which a shell completes what is typed",
    usage: [`<${names.join("|")}>`],
    about: `Prints a script for one shell. Loaded where the shell starts, it completes commands, options
and their values, services, topics, hosts and files. The shell has to be named, since the
one that runs is not always the one of $SHELL. After an update, load it anew.

  bash    in ~/.bashrc: \`source <(portcall completion bash)\`
  zsh     in ~/.zshrc: \`source <(portcall completion zsh)\`
  fish    in ~/.config/fish/config.fish: \`portcall completion fish | source\``,
    options: {},
    examples: [["source <(portcall completion bash)", "complete in this bash, until it ends"]],
    async run({ words: [shell, second] }, terminal) {
      if (shell === undefined) throw new UsageError(`for which shell? There are ${names.join(", ")}`);
      if (second !== undefined) throw new UsageError(`${quote(second)} is one word too many`);
      const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
      if (script === undefined) {
        throw new UsageError(`there is no completion for ${quote(shell)}${choices(shell, names)}`);
      }
      return terminal.print(script(expectedLines(await commands.loadAll(), await loadTopics())));
    },
  };
}
