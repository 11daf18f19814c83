/** `portcall help addresses`: the grammar of base/address/ and of args/address-arguments.ts, for users. */
import { limits } from "../../../base/limits.ts";
import type { Topic } from "../topic.ts";

export const addresses: Topic = {
  name: "addresses",
  brief: "how to write an address to connect to, or to listen on",
  text: `Every command that takes an address understands these:
  localhost:8080     a name and a port
  localhost 8080     the same in two words, as in nc and telnet
  localhost:http     a port by its service name in /etc/services
  127.0.0.1:8080     an IPv4 address and a port
  [::1]:8080         an IPv6 address in brackets; as a word of its own it needs none
  tcp://host:8080    the same as host:8080, for a host that is named unix
  tls://host:443     TLS over TCP, as with --tls
  udp://host:8080    datagrams to that host, as with -u
  unix:/run/x.sock   a Unix socket, by its path
  unix:@name         a Unix socket in the abstract name space (Linux)

To listen on:
  :8080              127.0.0.1, so only this machine can connect; with -6, ::1
  0.0.0.0:8080       all IPv4 addresses of this machine, so other machines can connect
  [::]:8080          all IPv6 and IPv4 addresses; with -6, IPv6 only
  :0                 a free port that the system chooses; the command prints it

A port is a decimal number from 1 to 65535. It can also be the name of a TCP service (with -u,
of a UDP service) in /etc/services. To listen, 0 means any free port.

The system looks names up (getaddrinfo), for IPv4 and IPv6 together. So a name has the same
addresses as in nc, curl and other programs. They come from the hosts file, name servers with
search domains, mDNS, and other sources that /etc/nsswitch.conf names. -4 and -6 ask for one
family. At most ${limits.addressesMax.value} addresses are tried, with the families in turn, and the first that answers
is used. \`localhost\`, and names that end in it, are never looked up outside this machine.

The grammar is strict, so that an address means what it looks like. Some systems read \`127.1\`,
\`0x7f.1\` and \`010.0.0.1\` as other addresses. These are rejected before anything is tried. So
are ports such as \`080\` or \`+80\`, and characters that only look like letters.`,
};
