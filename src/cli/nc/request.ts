/**
 * What a line of `nc` asks for, once its flags are read: where, by what way, with which
 * manners. What cannot be asked for together is refused here.
 */
import { parseUnixPath, type Target } from "../../base/address.ts";
import { ipFamily } from "../../base/ip.ts";
import { quote } from "../../base/quote.ts";
import type { SocketOptions } from "../../net/index.ts";
import { asUsage, UsageError } from "../usage.ts";
import { buffersOf } from "./buffers.ts";
import type { Dialect, NcValues } from "./flag-row.ts";
import type { NcLine } from "./getopt.ts";
import { readPorts, type Protocol } from "./ports.ts";
import type { NamedPlace } from "./wording.ts";

/** A place, and what nc's sentences call it. */
export interface NcTarget {
  readonly target: Target;
  readonly name: NamedPlace | string;
}

export interface NcRequest {
  readonly dialect: Dialect;
  readonly given: NcValues;
  readonly verbosity: number;
  readonly protocol: Protocol;
  readonly family: 4 | 6 | undefined;
  /** To connect to, one after the other; with -l, the one to listen on. */
  readonly targets: readonly NcTarget[];
  readonly gapMs: number | undefined;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number | undefined;
  readonly buffers: SocketOptions;
  /** What is said at the end of stdin. */
  readonly sendsFin: boolean;
}

/** Where ncat goes if no port is named. */
const ncatPort = 31_337;

/** @throws {UsageError} in words after nc's own. */
export function readRequest({ dialect, given, verbosity, words }: NcLine): NcRequest {
  refuseTogether(given);
  const protocol = given.udp === true ? "udp" : "tcp";
  const family = given["4"] === true ? 4 : given["6"] === true ? 6 : undefined;
  const place = { words, given, dialect, protocol } as const;
  const targets = given.listen === true ? [placeToListen(place)] : placesToConnect(place);
  return {
    dialect,
    given,
    verbosity,
    protocol,
    family,
    targets: given.r === true ? shuffled(targets) : targets,
    gapMs: given.delay ?? given.i,
    // What ncat calls waiting is for the connection alone.
    idleTimeoutMs: (dialect === "nc" ? given.wait : given["idle-timeout"]) ?? Infinity,
    connectTimeoutMs: given.wait,
    buffers: buffersOf(given),
    sendsFin:
      given["no-shutdown"] !== true && (dialect === "ncat" || given.N === true || given.q !== undefined),
  };
}

function refuseTogether(given: NcValues): void {
  const { listen } = given;
  const programs = given.exec ?? given["sh-exec"];
  if (given["4"] === true && given["6"] === true) throw new UsageError("-4 and -6 exclude each other");
  if (given["keep-open"] === true && listen !== true) throw new UsageError("must use -l with -k");
  if (listen === true && given.z === true) throw new UsageError("cannot use -z and -l");
  if (listen === true && (given.x ?? given.proxy) !== undefined)
    throw new UsageError("a proxy and -l exclude each other");
  if (given.unixsock === true && given.udp === true) {
    throw new UsageError("-u and -U exclude each other: Node has no Unix sockets for datagrams");
  }
  if (given.unixsock === true && (given.x ?? given.proxy) !== undefined)
    throw new UsageError("no proxy and -U");
  if (given.exec !== undefined && given["sh-exec"] !== undefined)
    throw new UsageError("-e and -c exclude each other");
  if (given["send-only"] === true && given["recv-only"] === true) {
    throw new UsageError("--send-only and --recv-only exclude each other");
  }
  const ofServers = (["broker", "chat", "max-conns", "allow", "deny", "allowfile", "denyfile"] as const).find(
    (name) => given[name] !== undefined,
  );
  if (ofServers !== undefined && listen !== true) throw new UsageError(`--${ofServers} is for -l`);
  const byAddress = (["allow", "deny", "allowfile", "denyfile"] as const).find(
    (name) => given[name] !== undefined,
  );
  if (given.unixsock === true && byAddress !== undefined) {
    throw new UsageError(`clients of a Unix socket have no address: leave out --${byAddress}`);
  }
  if (programs !== undefined && given.udp === true)
    throw new UsageError("-e and -c are for TCP and Unix sockets");
}

interface Place {
  readonly words: readonly string[];
  readonly given: NcValues;
  readonly dialect: Dialect;
  readonly protocol: Protocol;
}

function placesToConnect({ words, given, dialect, protocol }: Place): NcTarget[] {
  const [host, ...ports] = words;
  if (given.unixsock === true) return [unixPlace(words)];
  if (host === undefined) throw new UsageError("where to? write a host and a port; -h shows all flags");
  if (given.nodns === true && ipFamily(host) === undefined) {
    throw new UsageError(`getaddrinfo for host "${host}" port ${ports[0] ?? "?"}: Name or service not known`);
  }
  if (ports.length === 0 && dialect === "nc") throw new UsageError("missing port number");
  const all = ports.length === 0 ? [ncatPort] : ports.flatMap((word) => readPorts(word, protocol));
  return all.map((port) => tcpPlace(host, port, protocol, given.nodns));
}

function placeToListen({ words, given, dialect, protocol }: Place): NcTarget {
  if (given.unixsock === true) return unixPlace(words);
  const own = given["source-port"];
  const [first, second, third] = words;
  if (third !== undefined) throw new UsageError(`${quote(third)} is one word too many`);
  if (own !== undefined && (second !== undefined || /^\d+$/.test(first ?? ""))) {
    throw new UsageError("the port stands twice: behind -p, and as a word");
  }
  const isPortAlone = own === undefined && second === undefined;
  const host = (isPortAlone ? undefined : first) ?? given.source ?? everyone(given);
  const word = isPortAlone ? first : second;
  if (own !== undefined) return tcpPlace(host, own, protocol);
  if (word === undefined && dialect === "nc") throw new UsageError("missing port number");
  // The system's choice, which is then said.
  if (word === "0") return tcpPlace(host, 0, protocol);
  const [port = ncatPort, more] = word === undefined ? [] : readPorts(word, protocol);
  if (more !== undefined) throw new UsageError("one port to listen on, and not a range");
  return tcpPlace(host, port, protocol);
}

/** The address that is heard where none is named; of a program, this machine's own. */
function everyone(given: NcValues): string {
  const isForProgram = (given.exec ?? given["sh-exec"]) !== undefined;
  if (given["6"] === true) return isForProgram ? "::1" : "::";
  return isForProgram ? "127.0.0.1" : "0.0.0.0";
}

function tcpPlace(host: string, port: number, protocol: Protocol, numeric = false): NcTarget {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return { target: { scheme: protocol, host: bare, port }, name: { host: bare, port, protocol, numeric } };
}

function unixPlace([path, more]: readonly string[]): NcTarget {
  if (path === undefined) throw new UsageError("-U needs the path of the socket");
  if (more !== undefined) throw new UsageError("-U takes one path, not a host and a port");
  return { target: { scheme: "unix", path: asUsage(() => parseUnixPath(path)) }, name: path };
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0] as Item);
}

/** The proxy, as the library takes it; -x has a port of its own for each protocol, as nc knows them. */
export function proxyOf(given: NcValues, environment: NodeJS.ProcessEnv): string | undefined {
  const place = given.x ?? given.proxy;
  if (place === undefined) return undefined;
  const protocol = given.X ?? given["proxy-type"] ?? (given.x === undefined ? "http" : "socks5");
  const [, host = place, port = protocol === "http" ? "3128" : "1080"] = /^(.*[^:]):(\d+)$/.exec(place) ?? [];
  const credentials = given["proxy-auth"] ?? environment["NCAT_PROXY_AUTH"];
  const bracketed = ipFamily(host) === "ipv6" ? `[${host}]` : host;
  if (credentials === undefined || credentials === "") return `${protocol}://${bracketed}:${port}`;
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(credentials) ?? [];
  return `${protocol}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${bracketed}:${port}`;
}
