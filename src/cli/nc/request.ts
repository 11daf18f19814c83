/**
 * The request of a line of `nc`: the targets, the proxy, the timeouts and the rules for the end of stdin. Flags that
 * exclude each other are rejected here.
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
import type { NamedEndpoint } from "./messages.ts";

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
  /** The proxy to connect through, in the library's form. */
  readonly proxy: string | undefined;
  /** The targets to connect to in turn; with -l, the single one to listen on. */
  readonly targets: readonly NcTarget[];
  readonly gapMs: number | undefined;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number | undefined;
  readonly buffers: SocketOptions;
  /** What to send at the end of stdin. */
  readonly sendsFin: boolean;
}

const ncatPort = 31_337;

/** @throws {UsageError} in the style of nc's own messages. */
export function readRequest(line: NcLine): NcRequest {
  const { dialect, verbosity, words } = line;
  refuseWithoutEffect(line);
  const given = withoutWaiting(line);
  const protocol = given.udp === true ? "udp" : "tcp";
  const family = given["4"] === true ? 4 : given["6"] === true ? 6 : undefined;
  const targetWords = { words, given, dialect, protocol } as const;
  const targets = given.listen === true ? [listenTarget(targetWords)] : connectTargets(targetWords);
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
    // -i 0 means no delay.
    gapMs: (given.delay ?? given.i) || undefined,
    // ncat's -w is the connect timeout only.
    idleTimeoutMs: (dialect === "nc" ? given.wait : given["idle-timeout"]) ?? Infinity,
    connectTimeoutMs: given.wait,
    buffers: buffersOf(given),
    sendsFin:
      given["no-shutdown"] !== true && (dialect === "ncat" || given.N === true || given.q !== undefined),
  };
}

/**
 * `-w 0` of nc waits for nothing: it sends what stdin holds and ends, as `-q 0` does. Scripts send a datagram this
 * way.
 */
function withoutWaiting({ given, dialect, spelling }: NcLine): NcValues {
  if (given.wait !== 0) return given;
  if (dialect === "ncat") throw new UsageError(`${spelling["wait"] ?? "-w"} 0 is not a time above 0`);
  const { wait: _, ...others } = given;
  return { q: 0, ...others };
}

interface TargetWords {
  readonly words: readonly string[];
  readonly given: NcValues;
  readonly dialect: Dialect;
  readonly protocol: Protocol;
}

function connectTargets({ words, given, dialect, protocol }: TargetWords): NcTarget[] {
  const [host, ...ports] = words;
  if (given.unixsock === true) return [unixTarget(words)];
  if (host === undefined) throw new UsageError("missing host: write a host and a port; -h shows all flags");
  if (ports.length === 0 && dialect === "nc") throw new UsageError("missing port number");
  const all = ports.length === 0 ? [ncatPort] : ports.flatMap((word) => readPorts(word, protocol));
  return all.map((port) => ipTarget(host, port, protocol, given));
}

function listenTarget({ words, given, dialect, protocol }: TargetWords): NcTarget {
  if (given.unixsock === true) return unixTarget(words);
  const own = given["source-port"];
  const [first, second, third] = words;
  if (third !== undefined) throw new UsageError(`${quote(third)} is one word too many`);
  if (own !== undefined && (second !== undefined || /^\d+$/.test(first ?? ""))) {
    throw new UsageError("the port is given twice: with -p, and as a word");
  }
  // ncat reads a single word that is not a number as the address, and listens on its default port there.
  const isPortAlone =
    own === undefined && second === undefined && (dialect === "nc" || /^\d*$/.test(first ?? ""));
  const named = isPortAlone ? undefined : first;
  if (named !== undefined && given.source !== undefined) {
    throw new UsageError("the address to listen on is given twice: with -s, and as a word");
  }
  const host = named ?? given.source ?? defaultListenHost(given, dialect);
  const word = isPortAlone ? first : second;
  if (own !== undefined) return ipTarget(host, own, protocol, given);
  if (word === undefined && dialect === "nc") throw new UsageError("missing port number");
  // The system chooses the port, and the command prints it.
  if (word === "0") return ipTarget(host, 0, protocol, given);
  const [port = ncatPort, more] = word === undefined ? [] : readPorts(word, protocol);
  if (more !== undefined) throw new UsageError("write one port to listen on, not a range");
  return ipTarget(host, port, protocol, given);
}

/**
 * The default address to listen on: all addresses of the machine, IPv4 only in nc's dialect and both families in
 * ncat's; for a program, the loopback address.
 */
function defaultListenHost(given: NcValues, dialect: Dialect): string {
  const isForProgram = (given.exec ?? given["sh-exec"]) !== undefined;
  if (given["6"] === true) return isForProgram ? "::1" : "::";
  if (isForProgram) return "127.0.0.1";
  return dialect === "ncat" && given["4"] !== true ? "::" : "0.0.0.0";
}

function ipTarget(host: string, port: number, protocol: Protocol, { nodns }: NcValues): NcTarget {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  // As for other programs that use the system's parser, 127.1 and 0 are addresses (inet_aton).
  const reached = meantBySystem(bare) ?? asUsage(() => parseHost(bare));
  const numeric = nodns === true;
  if (numeric && ipFamily(reached) === undefined) {
    throw new UsageError(`getaddrinfo for host "${bare}" port ${port}: Name or service not known`);
  }
  return { target: { scheme: protocol, host: reached, port }, name: { host: bare, port, protocol, numeric } };
}

/** @throws {UsageError} for an address of another family than the chosen one, or than that of -s. */
function refuseOtherFamily(
  targets: readonly NcTarget[],
  family: 4 | 6 | undefined,
  { listen, source, ...given }: NcValues,
): void {
  const isProxied = (given.x ?? given.proxy) !== undefined;
  const own = source === undefined || listen === true ? undefined : ipFamily(source);
  if (own !== undefined && family !== undefined && own !== family) {
    throw new UsageError(`-${family} asks for IPv${family}, and -s ${source} is not an address of it`);
  }
  for (const { target } of isProxied ? [] : targets) {
    if (target.scheme === "unix") continue;
    const literal = ipFamily(target.host);
    if (literal === undefined) continue;
    if (family !== undefined && literal !== family) {
      const named = `host "${target.host}" port ${target.port}`;
      throw new UsageError(
        `getaddrinfo for ${named}: Address family for hostname not supported (-${family})`,
      );
    }
    if (own !== undefined && literal !== own) {
      throw new UsageError(`-s ${source} and ${target.host} are of different address families`);
    }
  }
}

function unixTarget([path, more]: readonly string[]): NcTarget {
  if (path === undefined) throw new UsageError("-U needs the path of the socket");
  if (more !== undefined) throw new UsageError("-U takes one path, not a host and a port");
  return { target: { scheme: "unix", path: asUsage(() => parseUnixPath(path)) }, name: path };
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0] as Item);
}

/** The proxy in the library's form. As in nc, -x has a default port for each protocol. */
function proxyOf(given: NcValues, environment: NodeJS.ProcessEnv): string | undefined {
  const address = given.x ?? given.proxy;
  if (address === undefined) return undefined;
  const protocol = given.X ?? given["proxy-type"] ?? (given.x === undefined ? "http" : "socks5");
  const [, host = address, port = protocol === "http" ? "3128" : "1080"] =
    /^(.*[^:]):(\d+)$/.exec(address) ?? [];
  const credentials = given["proxy-auth"] ?? environment["NCAT_PROXY_AUTH"];
  const bracketed = ipFamily(host) === 6 ? `[${host}]` : host;
  if (credentials === undefined || credentials === "") return `${protocol}://${bracketed}:${port}`;
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(credentials) ?? [];
  return `${protocol}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${bracketed}:${port}`;
}
