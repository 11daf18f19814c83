/**
 * docs/reference/commands.md: the command's own help, and its exit codes.
 */
import { commands } from "../../src/cli/commands/index.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { commandHelp } from "../../src/cli/help/help.ts";
import { helpColumns } from "../../src/cli/help/layout.ts";
import { code, table } from "./markdown.ts";

/** As wide as help is in a pipe. */
const columns = helpColumns(undefined, undefined);
const all = await commands.loadAll();

export function commandsPage(): string {
  const contents = all.map(({ name, brief }) => [`[\`portcall ${name}\`](#portcall-${name})`, brief]);
  const help = all.map(
    (command) => `## portcall ${command.name}\n\n\`\`\`text\n${commandHelp(command, columns)}\`\`\`\n`,
  );
  const exits = Object.entries(exitCodes).map(([name, exit]) => [
    String(exit.code),
    code(name),
    exit.meaning,
  ]);
  return `# Commands

${table(["command", "what it is for"], contents)}
Below each is what \`portcall <command> --help\` prints.

${help.join("\n")}
## Exit codes

Every command ends with one of these. Which error leads to which is in [errors](errors.md).

${table(["code", "name", "what it says"], exits)}`;
}
