/**
 * docs/reference/diagnostics.md: the channel of each event, from the types of the events and their doc comments.
 */
import { code, table } from "./markdown.ts";
import { SourceTypes } from "./types.ts";

export function diagnosticsPage(): string {
  const rows = new SourceTypes("src/base/events.ts").union("SocketEvent").map(({ doc, fields }) => {
    const type = fields.find(({ name }) => name === "type")?.type.replaceAll('"', "") ?? "";
    return [code(`portcall:${type}`), doc];
  });
  return `# Diagnostics

For whoever watches a process from outside, every event of every connection and server is published on
[\`node:diagnostics_channel\`](https://nodejs.org/api/diagnostics_channel.html), each on the channel of its type:

\`\`\`js
import { subscribe } from "node:diagnostics_channel";

subscribe("portcall:closed", ({ connection, server, closeInfo }) => {
  metrics.count("closed", { how: closeInfo.how, side: server === undefined ? "client" : "server" });
});
\`\`\`

A message is the event as \`onEvent\` is told it ([events](events.md) has its fields), and one field more: \`server\`, the
number that its server has in this process, since connections are numbered by server; \`undefined\` for what \`connect\`
does. No bytes of a conversation are published. Where nobody has subscribed to a channel, nothing is made for it; bytes that
are sent and received never come by here.

${table(["channel", "what has happened"], rows)}`;
}
