/** `portcall help unix-sockets`. */
import type { Topic } from "../topic.ts";

export const unixSockets: Topic = {
  name: "unix-sockets",
  brief: "sockets with a path instead of a host and a port",
  text: `A Unix stream socket is a way between two programs of one machine. Its address is a file:
whoever may write to the file may connect. With -U the address is a path, as in nc; without
it, write unix: before the path:
  portcall listen unix:/tmp/talk.sock
  portcall connect unix:/tmp/talk.sock
  portcall connect -U /tmp/talk.sock

A path has 107 bytes at most. A socket file that a server has left behind when it was killed
is recognised, since nobody answers there, and replaced; one on which somebody listens is
not, and neither is any other file. A server that ends removes its own file, and never
another one that has taken its place.

While the server's backlog is full, connecting waits until there is room, as with TCP, for
as long as -w says.

A name behind @ is not a file: it lives in the abstract name space of Linux, is gone with
its last socket, and no permission guards it. For a file whose name begins with @ write
./@name. The portable engine of Node 20 pads abstract names with NUL bytes, so it reaches
other programs of Node 20 only; the native engines of Linux use names as they are.`,
};
