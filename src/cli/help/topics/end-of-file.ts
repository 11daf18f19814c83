/** `portcall help end-of-file`: what converse.ts does, for people. */
import type { Topic } from "../topic.ts";

export const endOfFile: Topic = {
  name: "end-of-file",
  brief: "what happens when one side has nothing more to say",
  text: `A connection has two directions, and each ends by itself. The end of one is a FIN: the sender
has sent everything, and still receives.

When stdin ends (a pipe, a file, or Ctrl-D on a terminal), connect and listen send FIN. They
receive what the peer still sends until its own FIN, without a time limit unless -w or -q sets
one. Programs that read to the end, as sort does, need that FIN.

Some servers and proxies close a connection when they receive FIN, and drop the answer.
--no-shutdown sends no FIN. When the peer ends without a byte after our FIN, a line on stderr
names that option.

What is sent when stdin ends:
  connect, listen  FIN after a pipe, a file or a terminal; nothing for /dev/null or a closed stdin
  nc               nothing; with -N, FIN
  ncat, socat      FIN, except that a closed stdin is no end for them (it is for ncat -l)

OpenBSD's nc and ncat then wait for the peer's FIN, as connect and listen do. socat ends half
a second later.

Options that change it:
  -N                    send FIN for /dev/null and a closed stdin too
  --no-shutdown         send no FIN; end when the peer does
  --recv-only           read no stdin
  --send-only           discard what comes, and end with stdin
  -q                    end so long after FIN was sent
  --half-close-timeout  how long a quiet stdin is waited for after the peer's FIN

When the peer's FIN comes, everything it sent is written out, and stdout ends at once. What
comes on stdin is still sent until it ends. If stdin gives nothing for two seconds
(--half-close-timeout), the command ends with 0. On a terminal it ends at once.

Neither direction waits for the other: while stdout is full, stdin is sent, and the other
way round.

A reset (RST) is no end: data may be lost. What had come before it is written out first. It has
an exit code of its own, 15; see \`portcall help exit-codes\`.

Ctrl-C resets the connection and ends the command with 130. On a terminal where lines are
edited, Ctrl-C first clears the line. On an empty line it sends FIN and waits for the peer's
FIN for up to five seconds; a second Ctrl-C resets the connection.

The system closes the connections of a program that is killed with FIN, unless it had unread
data, so a peer that was killed may look like one that has finished.`,
};
