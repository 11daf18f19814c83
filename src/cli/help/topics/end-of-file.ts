/** `portcall help end-of-file`: what session/stdio-relay.ts does, for users. */
import type { Topic } from "../topic.ts";

export const endOfFile: Topic = {
  name: "end-of-file",
  brief: "what happens when one side stops sending",
  text: `A TCP connection has two directions, and each ends on its own. A FIN ends one direction: its
sender has sent everything, and can still receive.

When stdin ends (a pipe, a file, or Ctrl-D on a terminal), connect and listen send FIN. They
receive what the peer still sends until its own FIN, without a time limit unless -w or -q sets
one. Programs that read to the end, such as sort, need that FIN.

Some servers and proxies close a connection when they receive FIN, and drop the answer.
--no-shutdown sends no FIN. When the peer ends without a byte after our FIN, a line on stderr
names that option.

What is sent when stdin ends:
  connect, listen  FIN after a pipe, a file or a terminal; nothing for /dev/null or a closed stdin
  nc               nothing; with -N, FIN
  ncat, socat      FIN, except that they do not treat a closed stdin as an end (ncat -l does)

OpenBSD's nc and ncat then wait for the peer's FIN, as connect and listen do. socat ends half
a second later.

Options that change it:
  -N                    send FIN for /dev/null and a closed stdin too
  --no-shutdown         send no FIN; end when the peer does
  --recv-only           read no stdin
  --send-only           discard received bytes, and end with stdin
  -q                    end this long after FIN was sent
  --half-close-timeout  how long to wait for a quiet stdin after the peer's FIN

When the peer's FIN arrives, everything it sent is written out, and stdout ends at once. stdin
is still sent until it ends. If stdin gives nothing for two seconds (--half-close-timeout), the
command ends with 0. On a terminal it ends at once.

Neither direction waits for the other: while stdout is full, stdin is still sent, and the
other way round.

A reset (RST) is no end of stream: data may be lost. Data received before it is written out
first. A reset has its own exit code, 15; see \`portcall help exit-codes\`.

Ctrl-C resets the connection and ends the command with 130. On a terminal where lines are
edited, Ctrl-C first clears the line. On an empty line it sends FIN and waits for the peer's
FIN for up to five seconds; a second Ctrl-C resets the connection.

A FIN does not prove that the data is complete. The system sends FIN for a program that is
killed, unless it had unread data. So a killed peer may look like one that has finished.`,
};
