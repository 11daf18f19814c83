/** `portcall help limits`: printed from the table. */
import { limits } from "../../../net/index.ts";
import { formatLimit } from "../../../base/text/figures.ts";
import { rowsAsText, type Row } from "../prose.ts";
import type { Topic } from "../topic.ts";

const rows = Object.entries(limits).map(([name, { value, reason }]): Row => [
  name,
  `${formatLimit(name, value)}: ${reason}`,
]);

export const limitsTopic: Topic = {
  name: "limits",
  brief: "every limit and deadline, with its value and its reason",
  text: `A server has these unless an option says otherwise. \`connect\` and \`listen\` leave it to
you how long to wait for a silent peer: -w decides, and without it there is no end.

${rowsAsText(rows)}

The names are those of the library's options. On the command line -w sets what \`connect\`
waits for the name, the connection, the first byte and any later one, and --drain is drainMs.`,
};
