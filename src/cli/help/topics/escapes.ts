/** `portcall help escapes`: what tty/terminal-text.ts shows, and what args/values.ts reads. */
import type { Topic } from "../topic.ts";

export const escapes: Topic = {
  name: "escapes",
  brief: "control bytes of a peer on your terminal, and backslashes in options",
  text: `Control sequences can make a terminal change its title, fill the clipboard or type into the
shell. So the command shows a peer's control bytes on a terminal instead of passing them on:
  ^[ ^M ^@ ^?     a control byte (here ESC, CR, NUL, DEL); newline and tab are passed on
  <9b>            a byte that is not UTF-8
  <U+202E>        a hidden character: bidirectional, zero-width, or a C1 control

Nothing is left out, and only terminals are treated this way. A pipe or a file gets the bytes
unchanged. --raw passes them to the terminal as well, for a peer that you trust, and sends each key
as you type it: for a shell on a PTY at the far end. \`connect --telnet\` does both while the
server echoes (a login). ^] then opens a prompt, and \`quit\` there ends the connection. If you
set the terminal to raw mode yourself (stty raw -echo), it stays so, and bytes pass unchanged.

In an option whose text is sent to a peer, these escapes stand for bytes that are hard to type:
  \\n \\r \\t     newline, carriage return, tab
  \\0 \\x41      NUL, and any ASCII character by its number
  \\\\           the backslash itself

The text is sent as UTF-8. Bytes that are not UTF-8 cannot be given in an option, because Node
reads the command line as UTF-8. Bytes from a pipe or a file are sent unchanged.

A shell interprets backslashes itself, so put the text between single quotes:
\`--welcome 'hello\\r\\n'\`.`,
};
