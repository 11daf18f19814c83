/**
 * Addresses: where a socket is, where one wants to go, and their spelling.
 *
 * The grammar is strict, and it is applied before any look-up: what is not a
 * plain decimal port or a proper host (host.ts) is refused with a `TypeError` of
 * one line. What these functions print, they read back as the same.
 */
import { checkOptions } from "../option-checks.ts";
import { callback, flag, oneOf, shown } from "../arguments.ts";
import { encodeText } from "../bytes.ts";
import { parseHost } from "./host.ts";
import { canonicalHost, ipFamily } from "./ip.ts";
import { quote } from "../text/quote.ts";

/** One end of a TCP connection: an IP address, never a name. */
export interface TcpAddress {
  readonly family: "ipv4" | "ipv6";
  /** Canonical text, without brackets; an IPv4-mapped IPv6 address stands as IPv4. */
  readonly host: string;
  readonly port: number;
}

/** One end of a UDP socket; written like that of a TCP connection. */
export type UdpAddress = TcpAddress;

/** A Unix stream socket. */
export interface UnixAddress {
  readonly family: "unix";
  /** A path, `@name` for the abstract name space, or empty for an unnamed client. */
  readonly path: string;
}

/** Where a socket is. */
export type Address = TcpAddress | UnixAddress;

/** Where one wants to go, or to listen: a host may still be a name. */
export type Target =
  | { readonly scheme: "tcp"; readonly host: string; readonly port: number }
  | { readonly scheme: "udp"; readonly host: string; readonly port: number }
  | { readonly scheme: "unix"; readonly path: string };

/** How a target is read. */
export interface TargetOptions {
  /** For listening: port 0 (any free one) is allowed, and `:8888` means 127.0.0.1. */
  readonly listening?: boolean | undefined;
  /** What a host and a port without a scheme mean: `tcp` unless set. */
  readonly scheme?: "tcp" | "udp" | undefined;
  /**
   * Finds the port of a service by its name, as in `localhost:http`. It throws a `TypeError` for a name that it does not
   * know. Without it, a port is a number.
   */
  readonly portOf?: ((name: string, protocol: "tcp" | "udp") => number) | undefined;
}

/** Whoever names no address to listen on is heard by this machine only. */
const listeningHost = "127.0.0.1";

/** What somebody may have meant for a port; only to give a hint. */
const portLike = /^[0-9]{1,5}$/;

/** A name of a service has a letter in it (RFC 6335, section 5.1); the tables of systems have more characters than that. */
const serviceLike = /^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._+*-]*$/;

/** What `sun_path` holds, less the NUL at the end of a path or the start of an abstract name. */
const unixPathBytesMax = 107;

/**
 * Reads a target: `host:port`, `[::1]:80`, `tcp://host:port`, `udp://host:port`,
 * `unix:/path` or `unix:@abstract`; for listening `:8888` as well.
 *
 * @throws {TypeError} for anything else; the message is one line.
 */
export function parseTarget(text: string, options: TargetOptions = {}): Target {
  requireString("target", text);
  checkOptions("parseTarget", options, {
    listening: flag,
    scheme: (name, value) => oneOf(name, value, ["tcp", "udp"]),
    portOf: callback,
  });
  if (/^unix:/i.test(text)) return parseUnixTarget(text);
  const written = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
  const place = written === undefined ? text : text.slice(`${written}://`.length);
  const scheme = written?.toLowerCase() ?? options.scheme ?? "tcp";
  if (scheme === "tcp" || scheme === "udp") {
    return { scheme, ...parseHostAndPort(text, place, { ...options, scheme }) };
  }
  throw new TypeError(
    `target ${quote(text)} asks for ${quote(written ?? "")}, which is not spoken here: write tcp://host:port, udp://host:port or unix:/path`,
  );
}

/**
 * Reads a target that is text, or checks one that is an object already.
 *
 * @throws {TypeError} for anything else.
 */
export function targetOf(target: unknown, options: TargetOptions = {}): Target {
  if (typeof target === "string") return parseTarget(target, options);
  const { scheme, host, port, path } = (target ?? {}) as Partial<Record<string, unknown>>;
  const isTarget =
    scheme === "unix"
      ? typeof path === "string"
      : (scheme === "tcp" || scheme === "udp") && typeof host === "string" && typeof port === "number";
  if (isTarget) return parseTarget(formatTarget(target as Target), options);
  throw new TypeError(
    `target: ${shown(target)} is neither text, as in "localhost:80", nor a Target, as in { scheme: "tcp", host: "localhost", port: 80 }`,
  );
}

/**
 * Reads a target given as two words. The host may be an IPv6 address with brackets or
 * without.
 *
 * @throws {TypeError} as `parseTarget` does.
 */
export function parseHostPort(host: string, port: string, options: TargetOptions = {}): Target {
  requireString("host", host);
  const bare = /^\[(.*)\]$/s.exec(host)?.[1];
  return {
    scheme: options.scheme ?? "tcp",
    host: bare === undefined ? parseHost(host) : parseBracketed(host, bare),
    port: parsePort(port, options),
  };
}

/**
 * Reads a port: plain decimal digits, 1 to 65535, or 0 for listening; with `portOf`, the name of a service. Signs, spaces,
 * leading zeros, exponents, hexadecimal and other scripts' digits are refused (F53).
 *
 * @throws {TypeError} for anything else; the message is one line.
 */
export function parsePort(text: string, options: TargetOptions = {}): number {
  requireString("port", text);
  if (options.portOf !== undefined && serviceLike.test(text)) {
    return options.portOf(text, options.scheme ?? "tcp");
  }
  const least = options.listening === true ? 0 : 1;
  const port = /^(?:0|[1-9][0-9]{0,4})$/.test(text) ? Number(text) : -1;
  if (port >= least && port <= 65535) return port;
  const hint =
    port === 0
      ? " (0, any free port, is for listening)"
      : /^0[0-9]+$/.test(text)
        ? ": write it without leading zeros"
        : "";
  throw new TypeError(`port ${quote(text)} is not a number from ${least} to 65535${hint}`);
}

/**
 * Reads the path of a Unix socket; `@name` is a name in the abstract name space (for a
 * file of that name write `./@name`). Slashes at the start count as one, and a bare number
 * becomes `./80`.
 *
 * @throws {TypeError} if the system could not take it, or if it holds a control
 *   character, which no message could show as it is.
 */
export function parseUnixPath(text: string): string {
  requireString("path", text);
  // A bare number, printed behind "unix:", would read as a port.
  const path = portLike.test(text) ? `./${text}` : text.replace(/^\/{2,}/, "/");
  const name = path.startsWith("@") ? path.slice(1) : path;
  if (name === "") {
    throw new TypeError(`path ${quote(text)} is empty: write a path, or @name for an abstract socket`);
  }
  const bad = unprintable.exec(name)?.[0];
  if (bad !== undefined) {
    throw new TypeError(`path ${quote(text)} holds ${quote(bad)}, which cannot stand in a path here`);
  }
  const bytes = encodeText(name).length;
  if (bytes > unixPathBytesMax) {
    throw new TypeError(
      `path ${quote(text)} has ${bytes} bytes: a Unix socket's has ${unixPathBytesMax} at most`,
    );
  }
  return path;
}

/** The address in one spelling, by which it can be compared: see `canonicalHost`. */
export function canonicalAddress(address: Address): Address {
  return address.family === "unix" ? address : tcpAddress(address.host, address.port);
}

/**
 * The address of an IP literal and a port, in canonical spelling.
 *
 * @throws {TypeError} if `host` is not an IP address.
 */
export function tcpAddress(host: string, port: number): TcpAddress {
  // Not by spreading: V8 would give each of them a hidden class of its own, which costs more than the object.
  const canonical = canonicalHost(host);
  return { family: canonical.family, host: canonical.host, port };
}

/** An address as text: `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@name`, or `unix` for an unnamed client. */
export function formatAddress(address: Address): string {
  const { family, host, port, path } = (address ?? {}) as {
    [Part in "family" | "host" | "port" | "path"]?: unknown;
  };
  if (family === "unix" && typeof path === "string") return formatUnix(path);
  if (typeof host === "string" && typeof port === "number") return formatHostPort(host, port);
  throw new TypeError(`formatAddress: address: ${shown(address)} is not an Address`);
}

/** A target as text, in the form that `parseTarget` reads. */
export function formatTarget(target: Target): string {
  if (target.scheme === "unix") return formatUnix(target.path);
  return target.scheme === "udp"
    ? `udp://${bracketed(target.host)}:${target.port}`
    : formatHostPort(target.host, target.port);
}

function parseUnixTarget(text: string): Target {
  const path = text.slice("unix:".length);
  if (/^\/\/(?!\/)/.test(path)) {
    throw new TypeError(`target ${quote(text)} has two slashes, which name a host: write unix:/path`);
  }
  if (portLike.test(path)) {
    throw new TypeError(
      `target ${quote(text)} could be a host or a file: write tcp://unix:${path} or unix:./${path}`,
    );
  }
  return { scheme: "unix", path: parseUnixPath(path) };
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Reads what stands behind the scheme, if one does; `text` is the whole, for messages. */
function parseHostAndPort(text: string, place: string, options: TargetOptions): HostAndPort {
  if (place.startsWith("[")) return parseBracketedPlace(text, place, options);
  const colon = place.lastIndexOf(":");
  if (colon === -1) throw new TypeError(`target ${quote(text)} has no ${portHint(place)}`);
  const host = place.slice(0, colon);
  if (host.includes(":")) {
    throw new TypeError(`target ${quote(text)} ${colonsHint(place, host, place.slice(colon + 1))}`);
  }
  const port = parsePort(place.slice(colon + 1), options);
  if (host !== "") return { host: parseHost(host), port };
  if (options.listening === true) return { host: listeningHost, port };
  throw new TypeError(`target ${quote(text)} has no host: write host:${port}`);
}

function parseBracketedPlace(text: string, place: string, options: TargetOptions): HostAndPort {
  const close = place.indexOf("]");
  if (close === -1) throw new TypeError(`target ${quote(text)} has no closing bracket: write [::1]:80`);
  const host = parseBracketed(place.slice(0, close + 1), place.slice(1, close));
  if (place[close + 1] !== ":") {
    throw new TypeError(`target ${quote(text)} has no port behind the bracket: write [${host}]:80`);
  }
  return { host, port: parsePort(place.slice(close + 2), options) };
}

function parseBracketed(text: string, bare: string): string {
  if (bare.includes(":")) return parseHost(bare);
  throw new TypeError(`host ${quote(text)} has brackets, which are for IPv6 addresses, as in [::1]`);
}

function portHint(place: string): string {
  return portLike.test(place) ? `host: write host:${place}` : "port: write host:port";
}

/** What to write instead of more than one colon outside brackets. */
function colonsHint(place: string, host: string, port: string): string {
  const readings = [
    ...(ipFamily(host) === "ipv6" && portLike.test(port) ? [`[${host}]:${port}`] : []),
    ...(ipFamily(place) === "ipv6" ? [`[${place}]:port`] : []),
  ];
  if (readings.length === 0) return "is not host:port: it has more than one colon";
  return `is an IPv6 address without brackets: write ${readings.join(" or ")}`;
}

function formatHostPort(host: string, port: number): string {
  // A host named unix would read as a Unix socket.
  if (/^unix$/i.test(host)) return `tcp://${host}:${port}`;
  return `${bracketed(host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Control characters, line separators, and halves of surrogate pairs, which have no UTF-8. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** A path that came from the system may hold what `parseUnixPath` refuses; it is then quoted, to stay on one line. */
function formatUnix(path: string): string {
  if (path === "") return "unix";
  return `unix:${unprintable.test(path) ? quote(path) : path}`;
}

function requireString(name: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new TypeError(`${name}: ${shown(value)} is not a string`);
}
