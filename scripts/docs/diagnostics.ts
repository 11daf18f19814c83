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

Every event of every connection and server is published for monitoring tools on
[\`node:diagnostics_channel\`](https://nodejs.org/api/diagnostics_channel.html), each on the channel of its type:

\`\`\`js
import { subscribe } from "node:diagnostics_channel";

subscribe("portcall:closed", ({ connection, server, closeInfo }) => {
  metrics.count("closed", { how: closeInfo.how, side: server === undefined ? "client" : "server" });
});
\`\`\`

A message is the event that \`onEvent\` receives ([events](events.md) has its fields), and one field more: \`server\`, the
number that its server has in this process, since connections are numbered by server; \`undefined\` for what \`connect\`
does. Channels never carry the bytes of a conversation. A channel without subscribers costs nothing.

${table(["channel", "what has happened"], rows)}`;
}
