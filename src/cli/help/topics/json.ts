/** `portcall help json`. */
import type { Topic } from "../topic.ts";

export const json: Topic = {
  name: "json",
  brief: "--json: what happened, for scripts and programs",
  text: `With --json stdout carries one JSON object, printed at the end, and nothing else; with
--json=stream it carries a line for each event as it happens, and that object last. The line for
people still goes to stderr, and the exit code is the same.

The object has exit and exitName; stage, code and message of what went wrong, or null; and
attempts, listening, connections, connectionsTotal, refusedTotal, targets (of -z) and findings (of
doctor). An event has type, time and atMs, counted from the start of the command, and its own
fields, which are those of the library's event.

Bytes stand as { "text": … } where they are UTF-8 and as { "base64": … } where they are not.
Controls and invisible characters are \\u escapes. The object holds the bytes of the last 100
connections, 16 MiB in all; what there was no room for is counted in bytesLeftOut. A stream
leaves them to its events. Who reads a stream slowly slows the peer down; of a server, events
past 16 MiB that nobody reads are left out, and counted.

Two to try, with jq:
  portcall connect localhost:80 --json | jq -r .exitName
  portcall serve echo --json=stream | jq -r 'select(.type == "closed").closeInfo.how'

The schemas are in docs/reference: report.schema.json and stream.schema.json.`,
};
