/** `portcall help json`. */
import type { Topic } from "../topic.ts";

export const json: Topic = {
  name: "json",
  brief: "--json: results for scripts and programs",
  text: `With --json, stdout carries one JSON object, printed at the end, and nothing else. With
--json=stream, it carries one line for each event as it happens, and that object last. Messages
for people still go to stderr, and the exit code is the same.

The object has exit and exitName. stage, code and message describe a failure, and are null
otherwise. It also has attempts, listening, connections, connectionsTotal, refusedTotal,
targets (of -z) and findings (of doctor). An event has type, time, atMs (counted from the start of
the command), and the fields of the library's event.

Bytes are { "text": … } if they are UTF-8, and { "base64": … } otherwise. Control and invisible
characters are \\u escapes. The object holds the bytes of the last 100 connections, up to 16 MiB
in all; bytesLeftOut counts the rest. A stream has the bytes in its events instead. A slow reader
of the stream slows the peer down. For a server, unread events past 16 MiB are left out and
counted.

Two examples with jq:
  portcall connect localhost:80 --json | jq -r .exitName
  portcall serve echo --json=stream | jq -r 'select(.type == "closed").closeInfo.how'

The schemas are in docs/reference: report.schema.json and stream.schema.json.`,
};
