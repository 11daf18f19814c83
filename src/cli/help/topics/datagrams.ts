/** `portcall help datagrams`. */
import type { Topic } from "../topic.ts";

export const datagrams: Topic = {
  name: "datagrams",
  brief: "UDP: -u and udp://",
  text: `A datagram is a single packet. It arrives whole or not at all. It may arrive twice, or out of order.
With -u, connect, listen and serve send and receive datagrams; udp://host:port means the same.
On a terminal each line is a datagram. Of piped input, each piece of at most 16384 bytes is one.

UDP has no connection and no end of stream. So connect ends when nothing has arrived for one
second after the end of stdin. -w sets another time, and -q ends it that long after the end of
stdin. If nothing listens on the port, the host may answer "port unreachable": that is exit
11. With -z, no answer at all is exit 12 and is reported as "no answer", because a silent
service and a dropped packet look the same.

If the address to listen on is a multicast group, the group is joined. --interface names the
interface to join it on.

serve -u limits its answers, so that it cannot be used to flood a forged source. Each source gets
a limited number of answers per second (--rate). A source with a port below 1024, or with the
server's own port, gets none. No answer is longer than three times the request.

Unix datagram sockets are not available, because Node has none. To try:
  portcall serve -u echo :8888
  echo hello | portcall connect -u localhost 8888
  portcall connect -z -u 192.0.2.1 53`,
};
