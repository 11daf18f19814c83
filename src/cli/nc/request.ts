/**
 * What a line of `nc` asks for, once its flags are read: where, by what way, with which
 * manners. What cannot be asked for together is refused here.
 */
import { parseUnixPath, type Target } from "../../base/address/address.ts";
import { parseHost } from "../../base/address/host.ts";
import { ipFamily, meantBySystem } from "../../base/address/ip.ts";
import { parseProxy } from "../../base/address/proxy.ts";
import { quote } from "../../base/text/quote.ts";
import type { SocketOptions } from "../../net/index.ts";
import { asUsage, UsageError } from "../usage.ts";
import { buffersOf } from "./buffers.ts";
import type { Dialect, NcValues } from "./flag-row.ts";
import type { NcLine } from "./getopt.ts";
import { refuseWithoutEffect } from "./forms.ts";
import type { Protocol } from "../args/service-names.ts";
import { readPorts } from "./ports.ts";
import type { NamedEndpoint } from "./wording.ts";

/** A place, and what nc's sentences call it. */
export interface NcTarget {
  readonly target: Target;
  readonly name: NamedEndpoint | string;
}

export interface NcRequest {
  readonly dialect: Dialect;
  readonly given: NcValues;
  readonly verbosity: number;
  readonly protocol: Protocol;
  readonly family: 4 | 6 | undefined;
  /** The proxy to connect by way of, as the library reads it. */
  readonly proxy: string | undefined;
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
export function readRequest(line: NcLine): NcRequest {
  const { dialect, verbosity, words } = line;
  refuseWithoutEffect(line);
  const given = withoutWaiting(line);
  const protocol = given.udp === true ? "udp" : "tcp";
  const family = given["4"] === true ? 4 : given["6"] === true ? 6 : undefined;
  const place = { words, given, dialect, protocol } as const;
  const targets = given.listen === true ? [placeToListen(place)] : placesToConnect(place);
  refuseOtherFamily(targets, family, given);
  const proxy = proxyOf(given, process.env);
  if (proxy !== undefined) asUsage(() => parseProxy(proxy));
  return {
    dialect,
    given,
    verbosity,
    protocol,
    family,
    proxy,
    targets: given.r === true ? shuffled(targets) : targets,
    // No gap is what -i 0 asks for.
    gapMs: (given.delay ?? given.i) || undefined,
    // What ncat calls waiting is for the connection alone.
    idleTimeoutMs: (dialect === "nc" ? given.wait : given["idle-timeout"]) ?? Infinity,
    connectTimeoutMs: given.wait,
    buffers: buffersOf(given),
    sendsFin:
      given["no-shutdown"] !== true && (dialect === "ncat" || given.N === true || given.q !== undefined),
  };
}

/**
 * `-w 0` of nc waits for nothing: what stdin holds is sent, and it is over, as with `-q 0`. It is
 * how a datagram is sent from a script.
 */
function withoutWaiting({ given, dialect, spelling }: NcLine): NcValues {
  if (given.wait !== 0) return given;
  if (dialect === "ncat") throw new UsageError(`${spelling["wait"] ?? "-w"} 0 is not a time above 0`);
  const { wait: _, ...others } = given;
  return { q: 0, ...others };
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
  if (ports.length === 0 && dialect === "nc") throw new UsageError("missing port number");
  const all = ports.length === 0 ? [ncatPort] : ports.flatMap((word) => readPorts(word, protocol));
  return all.map((port) => placeAt(host, port, protocol, given));
}

function placeToListen({ words, given, dialect, protocol }: Place): NcTarget {
  if (given.unixsock === true) return unixPlace(words);
  const own = given["source-port"];
  const [first, second, third] = words;
  if (third !== undefined) throw new UsageError(`${quote(third)} is one word too many`);
  if (own !== undefined && (second !== undefined || /^\d+$/.test(first ?? ""))) {
    throw new UsageError("the port stands twice: behind -p, and as a word");
  }
  // ncat takes one word that is no number for the address, and listens on its own port there.
  const isPortAlone =
    own === undefined && second === undefined && (dialect === "nc" || /^\d*$/.test(first ?? ""));
  const named = isPortAlone ? undefined : first;
  if (named !== undefined && given.source !== undefined) {
    throw new UsageError("the address to listen on stands twice: behind -s, and as a word");
  }
  const host = named ?? given.source ?? everyone(given, dialect);
  const word = isPortAlone ? first : second;
  if (own !== undefined) return placeAt(host, own, protocol, given);
  if (word === undefined && dialect === "nc") throw new UsageError("missing port number");
  // The system's choice, which is then said.
  if (word === "0") return placeAt(host, 0, protocol, given);
  const [port = ncatPort, more] = word === undefined ? [] : readPorts(word, protocol);
  if (more !== undefined) throw new UsageError("one port to listen on, and not a range");
  return placeAt(host, port, protocol, given);
}

/**
 * The address to listen on where none is named: every address of the machine, of IPv4 alone in nc's
 * dialect and of both families in ncat's; for a program, the machine's own.
 */
function everyone(given: NcValues, dialect: Dialect): string {
  const isForProgram = (given.exec ?? given["sh-exec"]) !== undefined;
  if (given["6"] === true) return isForProgram ? "::1" : "::";
  if (isForProgram) return "127.0.0.1";
  return dialect === "ncat" && given["4"] !== true ? "::" : "0.0.0.0";
}

function placeAt(host: string, port: number, protocol: Protocol, { nodns }: NcValues): NcTarget {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  // As for every program that asks the system, 127.1 and 0 are addresses (inet_aton).
  const reached = meantBySystem(bare) ?? asUsage(() => parseHost(bare));
  const numeric = nodns === true;
  if (numeric && ipFamily(reached) === undefined) {
    throw new UsageError(`getaddrinfo for host "${bare}" port ${port}: Name or service not known`);
  }
  return { target: { scheme: protocol, host: reached, port }, name: { host: bare, port, protocol, numeric } };
}

/** @throws {UsageError} for an address that is not of the family asked for, or not of that of -s. */
function refuseOtherFamily(
  targets: readonly NcTarget[],
  family: 4 | 6 | undefined,
  { listen, source, ...given }: NcValues,
): void {
  const isProxied = (given.x ?? given.proxy) !== undefined;
  const own = source === undefined || listen === true ? undefined : ipFamily(source);
  if (own !== undefined && family !== undefined && own !== `ipv${family}`) {
    throw new UsageError(`-${family} asks for IPv${family}, and -s ${source} is not an address of it`);
  }
  for (const { target } of isProxied ? [] : targets) {
    if (target.scheme === "unix") continue;
    const literal = ipFamily(target.host);
    if (literal === undefined) continue;
    if (family !== undefined && literal !== `ipv${family}`) {
      const place = `host "${target.host}" port ${target.port}`;
      throw new UsageError(
        `getaddrinfo for ${place}: Address family for hostname not supported (-${family})`,
      );
    }
    if (own !== undefined && literal !== own) {
      throw new UsageError(`-s ${source} and ${target.host} are of different address families`);
    }
  }
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
function proxyOf(given: NcValues, environment: NodeJS.ProcessEnv): string | undefined {
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
