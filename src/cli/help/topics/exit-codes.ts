/** `portcall help exit-codes`: printed from the table. */
import { exitCodes } from "../../exit.ts";
import { rowsAsText, type Row } from "../prose.ts";
import type { Topic } from "../topic.ts";

const rows = Object.values(exitCodes).map(({ code, meaning }): Row => [String(code), meaning]);

export const exitCodesTopic: Topic = {
  name: "exit-codes",
  brief: "what the command ends with, and what each says",
  text: `Every command ends with one of these:
${rowsAsText(rows)}

130, 141 and 143 are what a shell says of a command that has died of a signal, as this one
does: 128 and the signal's number. SIGHUP gives 129 and SIGQUIT 131 in the same way.

They are a promise to scripts: a number keeps its meaning. In a shell, \`$?\` is the code of
the command before, and in a pipeline that of its last command; bash and zsh have
\`set -o pipefail\` for the others. Where something went wrong, a line on stderr says it in
words; --explain says what to try.`,
};
