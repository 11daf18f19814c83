/** `portcall help limits`: printed from the table. */
import { limits } from "../../../base/limits.ts";
import { formatLimit } from "../../../base/text/figures.ts";
import { rowsAsText, type Row } from "../prose.ts";
import type { Topic } from "../topic.ts";

const rows = Object.entries(limits).map(([name, { value, reason }]): Row => [
  name,
  `${formatLimit(name, value)}: ${reason}`,
]);

export const limitsTopic: Topic = {
  name: "limits",
  brief: "every limit and timeout, with its value and its reason",
  text: `These are the defaults of a server. \`connect\` and \`listen\` wait for a silent peer without a
limit, unless -w sets one.

${rowsAsText(rows)}

The names are those of the library's options. On the command line, -w sets how long \`connect\`
waits for the name, for the connection and for a silent peer. --drain sets drainMs.`,
};
