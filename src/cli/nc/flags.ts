/**
 * The flags of `portcall nc`: OpenBSD nc's and ncat's in one table, used to parse the line and to print help.
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

/** A time, or 0 for none. */
const timeOrNone: ValueReader<number> = (text, name) => (/^0+$/.test(text) ? 0 : duration(text, name));

const proxyProtocol: ValueReader<ProxyProtocol> = (text, name) => {
  if (text === "5" || text === "socks5") return "socks5";
  if (text === "connect" || text === "http") return "http";
  if (text === "4" || text === "socks4") {
    throw new UsageError(`${name} ${text}: SOCKS 4 is not supported; write 5 or connect`);
  }
  throw new UsageError(`${name} ${quote(text)} is not a proxy protocol: write 5 or connect`);
};

const time = (read: ValueReader<number>) => ({ placeholder: "<time>", read });
/** The largest buffer that the system can double. */
const bufferBytesMax = 0x3fffffff;
const bytes = { placeholder: "<bytes>", read: wholeNumber(1, bufferBytesMax) };
const list = { placeholder: "<list>", read: addressBlocks, accumulates: "line" } as const;
const files = { placeholder: "<file>", read: (path: string) => [path], accumulates: "line" } as const;
/** Reasons for rejecting a flag, in the form of forms.ts. */
const forListening = "% is for -l";
const forStdin = "% is for stdin and stdout, which a program uses with -e and -c";
const forOneClient = "% is for one client at a time, but -k serves many at once here";
const notInRooms = "% is for stdin, which --chat does not read";
const noAddress = "clients of a Unix socket have no address: leave out %";
const noProxyServer = "% is for connecting: portcall has no proxy server";
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
    brief: "UDP: send and receive datagrams instead of connecting",
  },
  unixsock: { short: "U", brief: "Unix stream socket: the address is its path, or @name" },
  listen: { short: "l", brief: "listen for one client" },
  "keep-open": {
    unfit: { connect: "must use -l with %" },
    short: "k",
    brief: "with -l: accept further clients; in ncat's dialect many at once",
  },
  "source-port": {
    unfit: { unix: "% is for TCP and UDP, not for a Unix socket" },
    short: "p",
    brief: "the local port to connect from; with -l, the port to listen on",
    value: {
      placeholder: "<port>",
      read: (text: string, name: string) => asUsage(() => parsePort(text, { listening: true }), `${name}: `),
    },
  },
  source: {
    unfit: { unix: "% is for TCP and UDP, not for a Unix socket" },
    short: "s",
    brief: "the local address to connect from; with -l, the address to listen on",
    value: { placeholder: "<ip>", read: ipAddress },
  },
  nodns: { short: "n", brief: "do not look names up" },
  wait: {
    unfit: { "ncat listen": "% is for connecting in ncat's dialect; with -l, write --idle-timeout" },
    short: "w",
    brief: "connect timeout, and idle timeout of the connection (ncat: the connect timeout only)",
    value: time(timeOrNone),
  },
  verbose: { short: "v", brief: "report connections on stderr, as nc does; twice: each stage" },
  z: {
    unfit: { listen: "cannot use % and -l" },
    excludes: { exec: excludeEachOther, "sh-exec": excludeEachOther, chat: excludeEachOther },
    brief: "only check whether it connects: exit 0 if one port does; with -v, a line for each",
  },
  r: {
    unfit: { listen: "% is for connecting", unix: "% is for ports, and a Unix socket has none" },
    brief: "try the ports in random order",
  },
  N: {
    unfit: { udp: forConnections, ...forInput },
    excludes: { "no-shutdown": excludeEachOther },
    brief: "send FIN at the end of stdin; the default is to send none (ncat: to send it)",
  },
  q: {
    unfit: { ...forInput, many: forOneClient },
    brief: "end this long after the end of stdin, and send FIN as with -N; below 0: never end",
    value: time(seconds),
  },
  d: { brief: "do not read stdin" },
  i: {
    unfit: forInput,
    brief: "wait this long between sent lines, and between ports",
    value: time(timeOrNone),
  },
  W: {
    unfit: { probe: nothingSent, ...forInput, many: forOneClient },
    brief: "end after receiving this many pieces",
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
    brief: "answer telnet requests, and hide them from the output",
  },
  x: {
    unfit: forProxy,
    brief: "connect through this proxy, host[:port]",
    value: { placeholder: "<proxy>", read: asTyped },
  },
  X: {
    unfit: forProxy,
    excludes: { "proxy-type": excludeEachOther },
    needs: ["x", "proxy"],
    brief: "the proxy's protocol: 5 (SOCKS 5, the default) or connect (HTTP)",
    value: { placeholder: "<5|connect>", read: proxyProtocol },
  },
  proxy: {
    unfit: forProxy,
    ncatOnly: true,
    brief: "connect through this proxy",
    value: { placeholder: "<proxy>", read: asTyped },
  },
  "proxy-type": {
    unfit: forProxy,
    needs: ["proxy"],
    ncatOnly: true,
    brief: "the proxy's protocol: http (the default) or socks5",
    value: { placeholder: "<protocol>", read: proxyProtocol },
  },
  "proxy-auth": {
    unfit: forProxy,
    needs: ["proxy"],
    ncatOnly: true,
    brief:
      "user:password for the proxy; safer in the variable NCAT_PROXY_AUTH, which process lists do not show",
    value: { placeholder: "<user:password>", read: asTyped },
  },
  exec: {
    unfit: forPrograms,
    excludes: { "sh-exec": excludeEachOther, chat: excludeEachOther },
    short: "e",
    ncatOnly: true,
    brief: "run this program, with the connection as its stdin and stdout",
    value: { placeholder: "<command>", read: asTyped },
  },
  "sh-exec": {
    unfit: forPrograms,
    excludes: { chat: excludeEachOther },
    short: "c",
    ncatOnly: true,
    brief: "run this shell command line in the same way",
    value: { placeholder: "<line>", read: asTyped },
  },
  "send-only": {
    unfit: { probe: nothingSent, ...forInput },
    excludes: { "recv-only": excludeEachOther },
    ncatOnly: true,
    brief: "send stdin and end; discard received bytes",
  },
  "recv-only": {
    unfit: { probe: nothingSent, ...forInput },
    ncatOnly: true,
    brief: "print received bytes, and send nothing",
  },
  "no-shutdown": { unfit: forStreams, ncatOnly: true, brief: "send no FIN at the end of stdin" },
  delay: {
    unfit: forInput,
    ncatShort: "d",
    ncatOnly: true,
    brief: "wait this long between sent lines",
    value: time(timeOrNone),
  },
  "idle-timeout": {
    unfit: { probe: "% has no effect with -z: write -w" },
    ncatShort: "i",
    ncatOnly: true,
    brief: "fail when nothing was received for this long",
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
    brief: "with -l: at most this many clients at once (default 100); others are refused",
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
  version: { ncatOnly: true, brief: "print the version of portcall" },
};

export const ncFlags: FlagTable = { ...supportedFlags, ...missingFlags };
