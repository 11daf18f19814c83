/** `portcall help addresses`: the grammar of base/address.ts and places.ts, for people. */
import type { Topic } from "../topic.ts";

export const addresses: Topic = {
  name: "addresses",
  brief: "how to write where to connect to, and where to listen",
  text: `These are understood wherever a command takes an address:
  localhost:8080     a name and a port
  localhost 8080     the same in two words, as nc and telnet have it
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

A port is a plain number from 1 to 65535, or 0 to listen on any that is free. A name is
looked up first, and of its addresses the first that answers is taken; -4 and -6 leave out
those of the other family.

The grammar is strict, so that nothing leads elsewhere than it seems to: \`127.1\`,
\`0x7f.1\` and \`010.0.0.1\`, which systems read as other addresses, ports like \`080\` or
\`+80\`, and characters that only look like letters are refused before anything is tried.`,
};
