/** `portcall help exit-codes`: printed from the table. */
import { exitCodes } from "../../exit.ts";
import { rowsAsText, type Row } from "../prose.ts";
import type { Topic } from "../topic.ts";

const rows = Object.values(exitCodes).map(({ code, meaning }): Row => [String(code), meaning]);

export const exitCodesTopic: Topic = {
  name: "exit-codes",
  brief: "the exit codes and their meanings",
  text: `Every command ends with one of these:
${rowsAsText(rows)}

A shell reports 130, 141 and 143 for a command that a signal ended: 128 plus the signal's
number. In the same way SIGHUP gives 129 and SIGQUIT 131.

Scripts can rely on these codes: a number keeps its meaning. In a shell, \`$?\` is the code of the
last command, and for a pipeline that of its last command. For the others, bash and zsh have
\`set -o pipefail\`. A failure also prints one line on stderr; --explain adds a cause and a fix.`,
};
