/** `portcall help addresses`: the grammar of base/address.ts and places.ts, for people. */
import { limits } from "../../../base/limits.ts";
import type { Topic } from "../topic.ts";

export const addresses: Topic = {
  name: "addresses",
  brief: "how to write where to connect to, and where to listen",
  text: `These are understood wherever a command takes an address:
  localhost:8080     a name and a port
  localhost 8080     the same in two words, as nc and telnet have it
  localhost:http     a port by the name of its service in /etc/services
  127.0.0.1:8080     an IPv4 address and a port
  [::1]:8080         an IPv6 address stands in brackets; as a word of its own it needs none
  tcp://host:8080    the same as host:8080, for a host that is named unix
  udp://host:8080    datagrams to that host, as -u has it
  unix:/run/x.sock   a Unix socket, by its path
  unix:@name         a Unix socket in the abstract name space (Linux)

To listen on:
  :8080              on 127.0.0.1, heard by this machine only; with -6 on ::1
  0.0.0.0:8080       heard by everyone who can reach this machine, over IPv4
  [::]:8080          the same over IPv6 and IPv4; with -6 over IPv6 alone
  :0                 on a port that the system chooses, and the command tells

A port is a plain number from 1 to 65535, or 0 to listen on any that is free, or the name
of a TCP service (with -u a UDP service), as /etc/services has it.

A name is looked up by the system (getaddrinfo), for IPv4 and IPv6 together. So it has the
same addresses as for nc, curl and other programs: from the hosts file, name servers with
search domains, mDNS and whatever else /etc/nsswitch.conf names. -4 and -6 ask for one
family. The addresses are tried with the families in turn, ${limits.addressesMax.value} at most, and the first that
answers is used. \`localhost\`, and names that end in it, never leave this machine.

The grammar is strict, so that nothing leads elsewhere than it seems to: \`127.1\`,
\`0x7f.1\` and \`010.0.0.1\`, which systems read as other addresses, ports like \`080\` or
\`+80\`, and characters that only look like letters are refused before anything is tried.`,
};
