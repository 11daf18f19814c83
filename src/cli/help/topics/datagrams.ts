/** `portcall help datagrams`. */
import type { Topic } from "../topic.ts";

export const datagrams: Topic = {
  name: "datagrams",
  brief: "UDP: -u and udp://",
  text: `A datagram is a packet on its own: it arrives whole or not at all, perhaps twice, perhaps after
the next. -u makes connect, listen and serve send and receive them; udp://host:port means the
same. On a terminal each line is a datagram; of what is piped in, each piece of at most 16384
bytes.

Nothing says that the other side is there, or that it is done. So connect ends when nothing has
come for a second after the end of stdin, or as -w says; -q ends it so long after the end of stdin.
A machine where nobody has the port may say so (port unreachable): that is exit 11. With -z, no
answer at all is exit 12, and says "no answer": a service that keeps silent and a packet that
was dropped look the same.

An address to listen on that is a multicast group is joined; --interface says by which interface.

serve -u answers each source so many times a second (--rate), nobody at a port below 1024 or at
its own, and with no more than three times what was sent, so that a forged sender gains nothing.

Unix datagram sockets are not there: Node has none. To try:
  portcall serve -u echo :8888
  echo hello | portcall connect -u localhost 8888
  portcall connect -z -u 192.0.2.1 53`,
};
