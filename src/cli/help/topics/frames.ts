/** `portcall help frames`: printed from the table of framings. */
import { codecBriefs } from "../../../codec/index.ts";
import { rowsAsText } from "../prose.ts";
import type { Topic } from "../topic.ts";

export const frames: Topic = {
  name: "frames",
  brief: "how a stream of bytes is cut into messages",
  text: `A stream of bytes has no messages in it: what was sent in one piece may arrive in several,
and the other way round. So both sides have to agree on how messages are cut, and --frame
says how:

${rowsAsText(Object.entries(codecBriefs))}

In the text of delim:, \`\\n\`, \`\\0\`, \`\\x41\` and so on stand for what they stand for; see
\`portcall help escapes\`. The longest message and the longest line are among the limits; see
\`portcall help limits\`.`,
};
