/**
 * docs/reference/events.md, from the types of the events and their doc comments.
 */
import { code } from "./markdown.ts";
import { SourceTypes, type Field, type ObjectType } from "./types.ts";

/** @throws {Error} for an event that no comment explains. */
export function eventsPage(path = "src/base/events.ts"): string {
  const events = new SourceTypes(path);
  const errors = new SourceTypes("src/base/errors.ts");
  return `# Events

Everything that can happen, stage by stage. \`connect\` and \`serve\` take two observers: \`onEvent\` is called for each of
these, \`onBytes\` with the bytes that cross a connection.

Each event has a \`type\`, and \`atMs\`: when it happened, in monotonic milliseconds. What belongs to a connection has its
number, \`connection\`, as well. [Observers and events](api/events.md) has their types.

The same events are published for the whole process: see [diagnostics](diagnostics.md).

${events.union("SocketEvent").map(event).join("\n")}
## Bytes

Told to \`onBytes\` only.

${event(events.interface("BytesEvent"))}
## Datagrams' bytes

Told to \`onDatagram\` only.

${event(events.interface("DatagramBytesEvent"))}
## Parts of events

${part("CloseInfo", events.interface("CloseInfo"))}
${part("DatagramCloseInfo", events.interface("DatagramCloseInfo"))}
${part("Attempt", errors.interface("Attempt"))}
\`NetError\` is the subject of [errors](errors.md).
`;
}

/** One event: its name, what it means, and its fields. */
function event({ doc, heading, fields }: ObjectType): string {
  const type = fields.find(({ name }) => name === "type")?.type ?? "";
  const names = type.split(" | ").map((name) => name.replaceAll('"', ""));
  if (doc === "") throw new Error(`no comment before ${type} says what it means`);
  const section = heading === undefined ? "" : `## ${heading.charAt(0).toUpperCase()}${heading.slice(1)}\n\n`;
  const own = fields.filter(
    ({ name }) => name !== "type" && name !== "atMs" && name !== "connection" && name !== "socket",
  );
  const on = fields.some(({ name }) => name === "connection") ? "- `connection`\n" : "";
  const onSocket = fields.some(({ name }) => name === "socket") ? "- `socket`\n" : "";
  const list = on + onSocket + own.map(item).join("");
  return `${section}### ${names.join(", ")}\n\n${doc}\n${list === "" ? "" : `\n${list}`}`;
}

function part(name: string, { doc, fields }: ObjectType): string {
  return `### ${name}\n\n${doc}\n\n${fields.map(item).join("")}`;
}

/** A field, and what its comment says; a list in the comment becomes a list below. */
function item({ name, type, doc }: Field): string {
  const text = doc.replaceAll("\n", "\n  ");
  const gap = doc === "" ? "" : doc.startsWith("- ") ? "\n  " : ": ";
  return `- ${code(`${name}: ${type}`)}${gap}${text}\n`;
}
