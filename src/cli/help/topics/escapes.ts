/** `portcall help escapes`: what terminal-text.ts shows, and what values.ts reads. */
import type { Topic } from "../topic.ts";

export const escapes: Topic = {
  name: "escapes",
  brief: "control bytes of a peer on your terminal, and backslashes in options",
  text: `A terminal obeys what it is sent: it changes its title, fills the clipboard, types answers
into the shell. So on a terminal, what a peer sends is shown and not obeyed:
  ^[ ^M ^@ ^?     a control byte (here ESC, CR, NUL, DEL); newline and tab are themselves
  <9b>            a byte that is not UTF-8
  <U+202E>        a hidden character: one of direction, of no width, or a C1 control

Nothing is left out, and only a terminal gets it so. A pipe or a file gets the bytes as they
came. --raw hands them to the terminal as well, for a peer that you trust, and sends each key
as you type it: for a shell on a PTY at the far end. \`connect --telnet\` does both while the
server echoes (a login). ^] opens a prompt then, and \`quit\` there ends the connection.
A terminal that you have made raw yourself (stty raw -echo) is left so, and bytes pass.

The other way round, where an option takes a text that is sent to a peer, these stand for
bytes that are hard to type:
  \\n \\r \\t     newline, carriage return, tab
  \\0 \\x41      NUL, and any character of ASCII by its number
  \\\\           the backslash itself

Such a text is sent as UTF-8. A byte that is not UTF-8 cannot stand in an option: Node reads
the command line as UTF-8. Bytes from a pipe or a file are sent as they are.

A shell has its own opinion of backslashes: put such a text between single quotes, as in
\`--welcome 'hello\\r\\n'\`.`,
};
