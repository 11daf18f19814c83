/** `portcall help frames`: printed from the table of codecs. */
import { codecBriefs } from "../../../codec/index.ts";
import { rowsAsText } from "../prose.ts";
import type { Topic } from "../topic.ts";

export const frames: Topic = {
  name: "frames",
  brief: "how a stream of bytes is cut into messages",
  text: `A TCP stream has no message boundaries: what is sent in one piece may arrive in several, and
the other way round. So both sides must agree on how to cut messages. --frame chooses how:

${rowsAsText(Object.entries(codecBriefs))}

In the text of delim:, you can write \`\\n\`, \`\\0\`, \`\\x41\` and other escapes; see
\`portcall help escapes\`. The longest message and the longest line are limited; see
\`portcall help limits\`.`,
};
