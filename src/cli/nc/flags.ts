/**
 * The flags of `portcall nc`: OpenBSD nc's and ncat's in one table, from which the line
 * is read and help is printed.
 */
import { parsePort } from "../../base/address/address.ts";
import { quote } from "../../base/text/quote.ts";
import { asUsage, UsageError } from "../usage.ts";
import { excludeEachOther, forConnections, nothingSent } from "../args/forms.ts";
import { addressBlocks, duration, ipAddress, wholeNumber, type ValueReader } from "../args/values.ts";
import type { FlagTable, ProxyProtocol } from "./flag-row.ts";
import { missingFlags } from "./unsupported-flags.ts";

const asTyped = (typed: string): string => typed;

const seconds: ValueReader<number> = (text, name) => {
  if (/^-\d+$/.test(text)) return Infinity;
  return /^0+$/.test(text) ? 0 : duration(text, name);
};

/** A time, which may be none. */
const timeOrNone: ValueReader<number> = (text, name) => (/^0+$/.test(text) ? 0 : duration(text, name));

const proxyProtocol: ValueReader<ProxyProtocol> = (text, name) => {
  if (text === "5" || text === "socks5") return "socks5";
  if (text === "connect" || text === "http") return "http";
  if (text === "4" || text === "socks4") {
    throw new UsageError(`${name} ${text}: SOCKS 4 is not spoken here; 5 and connect are`);
  }
  throw new UsageError(`${name} ${quote(text)} is no protocol of a proxy: write 5 or connect`);
};

const time = (read: ValueReader<number>) => ({ placeholder: "<time>", read });
/** What of a buffer the system can double. */
const bufferBytesMax = 0x3fffffff;
const bytes = { placeholder: "<bytes>", read: wholeNumber(1, bufferBytesMax) };
const list = { placeholder: "<list>", read: addressBlocks, accumulates: "line" } as const;
const files = { placeholder: "<file>", read: (path: string) => [path], accumulates: "line" } as const;
/** Reasons for refusing a flag, in the form of forms.ts. */
const forListening = "% is for -l";
const forStdin = "% is for stdin and stdout, which -e and -c leave to a program";
const forOneClient = "% is for one client at a time, and -k here serves many at once";
const notInRooms = "% is for stdin, which --chat does not read";
const noAddress = "clients of a Unix socket have no address: leave out %";
const noProxyServer = "% is for connecting: there is no proxy server here";
const forStreams = { udp: forConnections, probe: nothingSent, program: forStdin, room: notInRooms } as const;
const forInput = { program: forStdin, room: notInRooms } as const;
const forRules = { connect: forListening, unix: noAddress } as const;
const forProxy = {
  listen: noProxyServer,
  udp: forConnections,
  unix: "% is for TCP, not for a Unix socket",
} as const;
const forPrograms = { udp: "% is for TCP and Unix sockets, not for datagrams (-u)" } as const;
const forRooms = { connect: forListening, udp: forConnections } as const;

/** What can be had. */
export const supportedFlags: FlagTable = {
  "4": {
    unfit: { unix: "% is for IPv4, not for a Unix socket" },
    excludes: { "6": excludeEachOther },
    brief: "use IPv4 only",
  },
  "6": { unfit: { unix: "% is for IPv6, not for a Unix socket" }, brief: "use IPv6 only" },
  udp: {
    short: "u",
    excludes: { unixsock: excludeEachOther },
    brief: "UDP: datagrams, each on its own, in place of a connection",
  },
  unixsock: { short: "U", brief: "a Unix stream socket: the address is its path, or @name" },
  listen: { short: "l", brief: "listen, for one client" },
  "keep-open": {
    unfit: { connect: "must use -l with %" },
    short: "k",
    brief: "with -l: go on to the next client; in ncat's dialect many at once",
  },
  "source-port": {
    unfit: { unix: "% is for TCP and UDP, not for a Unix socket" },
    short: "p",
    brief: "the port to connect from; with -l, the one to listen on",
    value: {
      placeholder: "<port>",
      read: (text: string, name: string) => asUsage(() => parsePort(text, { listening: true }), `${name}: `),
    },
  },
  source: {
    unfit: { unix: "% is for TCP and UDP, not for a Unix socket" },
    short: "s",
    brief: "the address to connect from; with -l, the one to listen on",
    value: { placeholder: "<ip>", read: ipAddress },
  },
  nodns: { short: "n", brief: "look no name up" },
  wait: {
    unfit: { "ncat listen": "% is for connecting in ncat's dialect; with -l, write --idle-timeout" },
    short: "w",
    brief:
      "give up connecting after so long, and a connection that is silent for so long (ncat: the first alone)",
    value: time(timeOrNone),
  },
  verbose: { short: "v", brief: "say on stderr, in nc's words, what connects; twice: each stage" },
  z: {
    unfit: { listen: "cannot use % and -l" },
    excludes: { exec: excludeEachOther, "sh-exec": excludeEachOther, chat: excludeEachOther },
    brief: "only see whether it connects: exit 0 if one port does; with -v, a line for each",
  },
  r: {
    unfit: { listen: "% is for connecting", unix: "% is for ports, and a Unix socket has none" },
    brief: "take the ports in random order",
  },
  N: {
    unfit: { udp: forConnections, ...forInput },
    excludes: { "no-shutdown": excludeEachOther },
    brief: "send FIN at the end of stdin; unless given, nothing is sent (ncat: it always is)",
  },
  q: {
    unfit: { ...forInput, many: forOneClient },
    brief: "so long after the end of stdin, end, whatever comes; below 0: never. Sends FIN, as -N",
    value: time(seconds),
  },
  d: { brief: "leave stdin alone" },
  i: {
    unfit: forInput,
    brief: "wait so long between lines that are sent, and between ports",
    value: time(timeOrNone),
  },
  W: {
    unfit: { probe: nothingSent, ...forInput, many: forOneClient },
    brief: "end after so many pieces have come",
    value: { placeholder: "<n>", read: wholeNumber(1) },
  },
  I: {
    unfit: { udp: "% is for TCP", unix: "% is for TCP" },
    brief: "the size of the receive buffer; the system doubles it",
    value: bytes,
  },
  O: {
    unfit: { udp: "% is for TCP", unix: "% is for TCP" },
    brief: "the size of the send buffer; the system doubles it",
    value: bytes,
  },
  crlf: { unfit: { probe: nothingSent, room: notInRooms }, short: "C", brief: "send each LF as CR LF" },
  telnet: {
    unfit: { ...forStreams, many: forOneClient },
    short: "t",
    brief: "speak telnet: answer its requests, and take them out of what is shown",
  },
  x: {
    unfit: forProxy,
    brief: "go by way of this proxy, host[:port]",
    value: { placeholder: "<proxy>", read: asTyped },
  },
  X: {
    unfit: forProxy,
    excludes: { "proxy-type": excludeEachOther },
    needs: ["x", "proxy"],
    brief: "what the proxy speaks: 5 (SOCKS 5, the default) or connect (HTTP)",
    value: { placeholder: "<protocol>", read: proxyProtocol },
  },
  proxy: {
    unfit: forProxy,
    ncatOnly: true,
    brief: "go by way of this proxy",
    value: { placeholder: "<proxy>", read: asTyped },
  },
  "proxy-type": {
    unfit: forProxy,
    needs: ["proxy"],
    ncatOnly: true,
    brief: "what it speaks: http (the default) or socks5",
    value: { placeholder: "<protocol>", read: proxyProtocol },
  },
  "proxy-auth": {
    unfit: forProxy,
    needs: ["proxy"],
    ncatOnly: true,
    brief: "who we are to it; better in the variable NCAT_PROXY_AUTH, which no list of processes shows",
    value: { placeholder: "<user:password>", read: asTyped },
  },
  exec: {
    unfit: forPrograms,
    excludes: { "sh-exec": excludeEachOther, chat: excludeEachOther },
    short: "e",
    ncatOnly: true,
    brief: "join the connection to this program",
    value: { placeholder: "<command>", read: asTyped },
  },
  "sh-exec": {
    unfit: forPrograms,
    excludes: { chat: excludeEachOther },
    short: "c",
    ncatOnly: true,
    brief: "the same for a line of the shell",
    value: { placeholder: "<line>", read: asTyped },
  },
  "send-only": {
    unfit: { probe: nothingSent, ...forInput },
    excludes: { "recv-only": excludeEachOther },
    ncatOnly: true,
    brief: "send stdin and end; what comes is thrown away",
  },
  "recv-only": {
    unfit: { probe: nothingSent, ...forInput },
    ncatOnly: true,
    brief: "print what comes, and send nothing",
  },
  "no-shutdown": { unfit: forStreams, ncatOnly: true, brief: "send no FIN at the end of stdin" },
  delay: {
    unfit: forInput,
    ncatShort: "d",
    ncatOnly: true,
    brief: "wait so long between lines that are sent",
    value: time(timeOrNone),
  },
  "idle-timeout": {
    unfit: { probe: "% has no effect with -z: write -w" },
    ncatShort: "i",
    ncatOnly: true,
    brief: "fail when nothing has come for so long",
    value: time(duration),
  },
  "max-conns": {
    unfit: {
      connect: forListening,
      udp: forConnections,
      one: "% has an effect only with -k",
      successive: "% has an effect only with -k",
    },
    ncatShort: "m",
    ncatOnly: true,
    brief: "with -l: so many clients at once (default 100); others are turned away",
    value: { placeholder: "<n>", read: wholeNumber(1) },
  },
  allow: {
    unfit: forRules,
    ncatOnly: true,
    brief: "with -l: accept only these client addresses or CIDR blocks; may be repeated",
    value: list,
  },
  deny: {
    unfit: forRules,
    ncatOnly: true,
    brief:
      "with -l: reject these client addresses or CIDR blocks, even if --allow names them; may be repeated",
    value: list,
  },
  allowfile: {
    unfit: forRules,
    ncatOnly: true,
    brief: "read --allow from this file, entries on lines or between spaces",
    value: files,
  },
  denyfile: {
    unfit: forRules,
    ncatOnly: true,
    brief: "read --deny from this file, entries on lines or between spaces",
    value: files,
  },
  chat: { unfit: forRooms, ncatOnly: true, brief: "with -l: a chat room (`portcall serve chat`)" },
  version: { ncatOnly: true, brief: "the version of portcall" },
};

/** All of them: what is offered, and what is not to be had. */
export const ncFlags: FlagTable = { ...supportedFlags, ...missingFlags };
