/** `portcall help unix-sockets`. */
import type { Topic } from "../topic.ts";

export const unixSockets: Topic = {
  name: "unix-sockets",
  brief: "sockets with a path instead of a host and a port",
  text: `A Unix stream socket connects two programs on one machine. Its address is a file, and any user
who may write to the file may connect. With -U the address is a path, as in nc. Without -U,
write unix: before the path:
  portcall listen unix:/tmp/talk.sock
  portcall connect unix:/tmp/talk.sock
  portcall connect -U /tmp/talk.sock

A path has at most 107 bytes. A server that was killed leaves its socket file behind. The next
server recognises such a file, because nothing answers there, and replaces it. It does not replace
a socket that is in use, or any other file. A server that ends removes its own file, but not
another file that has taken its place.

While the server's backlog is full, connecting waits until there is room, as with TCP. It
gives up after the connect timeout: 10 seconds, or as -w sets it.

A name that begins with @ is not a file. It is in the abstract name space of Linux, disappears
with its last socket, and has no permissions. For a file whose name begins with @, write
./@name. The portable engine of Node 20 pads abstract names with NUL bytes, so it reaches
other programs of Node 20 only. The native engines of Linux use names unchanged.`,
};
