/**
 * `portcall help`: explains commands and topics.
 */
import { quote } from "../../base/text/quote.ts";
import type { Command, Commands } from "../command.ts";
import { commandHelp, mainHelp, topicHelp } from "../help/help.ts";
import { loadTopic, loadTopics, topicNames } from "../help/index.ts";
import { helpColumns } from "../help/layout.ts";
import { choices } from "../../base/text/suggest.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";

export function helpCommand(commands: Commands): Command {
  return {
    name: "help",
    brief: "explain a command or a topic",
    usage: ["[topic]"],
    about: `Explains a command, as its --help does, or a topic that concerns several commands. Without a
topic it lists all of them. The manual pages have the same text: portcall-connect(1),
portcall-exit-codes(7) and so on.`,
    options: {},
    examples: [
      ["portcall help addresses", "how to write an address to connect to, or to listen on"],
      ["portcall help connect", "the options of a command"],
    ],
    async run({ words }, terminal) {
      if (words[1] !== undefined) throw new UsageError(`${quote(words[1])} is one word too many`);
      return terminal.print(await helpText(words[0], commands, terminal));
    },
  };
}

/**
 * Help on a command or a topic, or on `portcall` itself, as wide as the terminal.
 *
 * @throws {UsageError} for an unknown name, with the most similar one.
 */
export async function helpText(
  word: string | undefined,
  commands: Commands,
  terminal: Terminal,
): Promise<string> {
  const columns = helpColumns(process.env["COLUMNS"], terminal.window?.columns);
  if (word === undefined) return mainHelp(await commands.loadAll(), await loadTopics(), columns);
  const command = await commands.load(word);
  if (command !== undefined) return commandHelp(command, columns);
  const topic = await loadTopic(word);
  if (topic !== undefined) return topicHelp(topic, columns);
  const names = [...commands.names, ...topicNames];
  throw new UsageError(`there is no command or topic ${quote(word)}${choices(word, names)}`);
}
