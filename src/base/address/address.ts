/**
 * Addresses: local and remote addresses, targets, and their text form.
 *
 * The grammar is strict and applies before any name resolution. A port that is not plain decimal, or
 * an invalid host (host.ts), is a `TypeError` with a message of one line. The text that these
 * functions produce parses to the same value.
 */
import { checkOptions } from "../option-checks.ts";
import { callback, flag, oneOf, shown } from "../arguments.ts";
import { encodeText } from "../bytes.ts";
import { parseHost } from "./host.ts";
import { canonicalHost, ipFamily } from "./ip.ts";
import { quote } from "../text/quote.ts";

/** One end of a TCP connection: always an IP address, never a name. */
export interface TcpAddress {
  /** The version of IP. */
  readonly family: 4 | 6;
  /** Canonical text without brackets; an IPv4-mapped IPv6 address is written as IPv4. */
  readonly host: string;
  /** The port number. */
  readonly port: number;
  /** `127.0.0.1:80` or `[::1]:80`, for an address that the library made. */
  toString(): string;
}

/** One end of a UDP socket; written like a `TcpAddress`. */
export type UdpAddress = TcpAddress;

/** A Unix stream socket. */
export interface UnixAddress {
  /** Distinguishes it from a `TcpAddress`. */
  readonly family: "unix";
  /** A path, `@name` for the abstract name space, or empty for an unnamed client. */
  readonly path: string;
  /** `unix:/path`, for an address that the library made. */
  toString(): string;
}

/** A local or remote address. */
export type Address = TcpAddress | UnixAddress;

/** An endpoint to connect to or listen on; the host may be a name. */
export type Target =
  | { readonly scheme: "tcp"; readonly host: string; readonly port: number }
  | { readonly scheme: "tls"; readonly host: string; readonly port: number }
  | { readonly scheme: "udp"; readonly host: string; readonly port: number }
  | { readonly scheme: "unix"; readonly path: string };

/**
 * Where to connect to: text, a `Target`, or an object as `serve` takes it and as `server.address` is. `host` is
 * 127.0.0.1 unless set.
 */
export type Destination =
  | string
  | Target
  | { readonly host?: string | undefined; readonly port: number }
  | { readonly path: string };

/** Options of `parseTarget`. */
export interface TargetOptions {
  /** For listening: allows port 0 (any free port), and `:8888` means 127.0.0.1. */
  readonly listening?: boolean | undefined;
  /** The scheme of a host and port without one. Default: `tcp`. */
  readonly scheme?: "tcp" | "udp" | undefined;
  /**
   * Returns the port of a service by name, as in `localhost:http`, or throws a `TypeError` for an unknown name. Without
   * it, a port must be a number.
   */
  readonly portOf?: ((name: string, protocol: "tcp" | "udp") => number) | undefined;
}

/** The default host: listens for local connections only, and connects to this machine. */
const defaultHost = "127.0.0.1";

/** Text that may be meant as a port; used only for hints. */
const portLike = /^[0-9]{1,5}$/;

/** A service name contains a letter (RFC 6335, section 5.1); system tables allow more characters than the RFC. */
const serviceLike = /^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._+*-]*$/;

/** The size of `sun_path`, without the NUL that ends a path or begins an abstract name. */
const unixPathBytesMax = 107;

/**
 * Parses a target: `host:port`, `[::1]:80`, `tcp://host:port`, `tls://host:port`, `udp://host:port`, `unix:/path`
 * or `unix:@abstract`. For listening, also `:8888`.
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
  const authority = written === undefined ? text : text.slice(`${written}://`.length);
  const scheme = written?.toLowerCase() ?? options.scheme ?? "tcp";
  if (isHostScheme(scheme)) {
    // TLS runs over TCP, so its services have the port names of TCP.
    const transport = scheme === "udp" ? "udp" : "tcp";
    return { scheme, ...parseHostAndPort(text, authority, { ...options, scheme: transport }) };
  }
  throw new TypeError(
    `target ${quote(text)} asks for ${quote(written ?? "")}, which is not supported: write tcp://host:port, tls://host:port, udp://host:port or unix:/path`,
  );
}

/**
 * Parses a target from text, or validates a target object.
 *
 * @throws {TypeError} for anything else.
 */
export function targetOf(target: unknown, options: TargetOptions = {}): Target {
  if (typeof target === "string") return parseTarget(target, options);
  const given = (target ?? {}) as Partial<Record<string, unknown>>;
  const unknownName = Object.keys(given).find((name) => !destinationNames.includes(name));
  if (unknownName !== undefined && (given["port"] ?? given["path"]) !== undefined) {
    throw new TypeError(
      `target: there is no property ${quote(unknownName)}; options are the second argument`,
    );
  }
  const { scheme, host, port, path } = withScheme(given, options.scheme ?? "tcp");
  const isTarget =
    scheme === "unix"
      ? typeof path === "string"
      : isHostScheme(scheme) && typeof host === "string" && typeof port === "number";
  if (isTarget && scheme === "unix") return { scheme, path: parseUnixPath(path as string) };
  if (isTarget) return parseTarget(formatTarget({ scheme, host, port } as Target), options);
  throw new TypeError(
    `target: ${shown(target)} is neither text, as in "localhost:80", nor an object, as in { host: "localhost", port: 80 }`,
  );
}

function isHostScheme(scheme: unknown): scheme is "tcp" | "tls" | "udp" {
  return scheme === "tcp" || scheme === "tls" || scheme === "udp";
}

const destinationNames: readonly string[] = ["scheme", "family", "host", "port", "path"];

/** The same object as a target, where it is one without a scheme. */
function withScheme(
  given: Partial<Record<string, unknown>>,
  scheme: "tcp" | "udp",
): Partial<Record<string, unknown>> {
  const { host, port, path } = given;
  if (given["scheme"] !== undefined) return given;
  if (path === undefined) return { scheme, host: host ?? defaultHost, port };
  if (host === undefined && port === undefined) return { scheme: "unix", path };
  throw new TypeError(`target: path: ${shown(path)} is a Unix socket; leave out host and port`);
}

/**
 * Parses a target given as a host and a port. Brackets around an IPv6 address are optional.
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
 * Parses a port: plain decimal digits from 1 to 65535, or 0 for listening. With `portOf`, also the name of a service.
 * Signs, spaces, leading zeros, exponents, hexadecimal and non-ASCII digits are rejected (F53).
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
 * Parses the path of a Unix socket. `@name` is a name in the abstract name space; for a file of that
 * name write `./@name`. Repeated slashes at the start become one. A bare number becomes `./80`.
 *
 * @throws {TypeError} if the path is too long for the system, or contains a control character, which a
 *   message could not show.
 */
export function parseUnixPath(text: string): string {
  requireString("path", text);
  // A bare number after "unix:" would read as a port.
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

/** The address in its canonical spelling, for comparison: see `canonicalHost`. */
export function canonicalAddress(address: Address): Address {
  return address.family === "unix" ? address : tcpAddress(address.host, address.port);
}

/**
 * The address of an IP literal and a port, in canonical spelling.
 *
 * @throws {TypeError} if `host` is not an IP address.
 */
export function tcpAddress(host: string, port: number): TcpAddress {
  const canonical = canonicalHost(host);
  return new IpEndpoint(canonical.family, canonical.host, port);
}

/** The same of a host that is canonical already. */
export function canonicalTcpAddress(family: 4 | 6, host: string, port: number): TcpAddress {
  return new IpEndpoint(family, host, port);
}

/** The address of a Unix socket. */
export function unixAddress(path: string): UnixAddress {
  return new UnixEndpoint(path);
}

/** How util.inspect, and so console.log, prints an object. The symbol is of the global registry, for browsers too. */
const inspectCustom: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * Addresses print as `127.0.0.1:80`, and are plain data to JSON and to spreading. A class, because methods of each
 * object's own would make it twice as large and fifty times slower to create.
 */
class IpEndpoint implements TcpAddress {
  readonly family: 4 | 6;
  readonly host: string;
  readonly port: number;

  constructor(family: 4 | 6, host: string, port: number) {
    this.family = family;
    this.host = host;
    this.port = port;
  }

  toString(): string {
    return formatHostPort(this.host, this.port);
  }

  [inspectCustom](): string {
    return this.toString();
  }
}

class UnixEndpoint implements UnixAddress {
  readonly family = "unix";
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  toString(): string {
    return formatUnix(this.path);
  }

  [inspectCustom](): string {
    return this.toString();
  }
}

/** Formats an address: `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:@name`, or `unix` for an unnamed client. */
export function formatAddress(address: Address): string {
  const { family, host, port, path } = (address ?? {}) as {
    [Part in "family" | "host" | "port" | "path"]?: unknown;
  };
  if (family === "unix" && typeof path === "string") return formatUnix(path);
  if (typeof host === "string" && typeof port === "number") return formatHostPort(host, port);
  throw new TypeError(`formatAddress: address: ${shown(address)} is not an Address`);
}

/** Formats a target in the form that `parseTarget` parses. */
export function formatTarget(target: Target): string {
  if (target.scheme === "unix") return formatUnix(target.path);
  return target.scheme === "tcp"
    ? formatHostPort(target.host, target.port)
    : `${target.scheme}://${bracketed(target.host)}:${target.port}`;
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

/** Parses the part after the scheme; `text` is the whole target, for messages. */
function parseHostAndPort(text: string, authority: string, options: TargetOptions): HostAndPort {
  if (authority.startsWith("[")) return parseBracketedAuthority(text, authority, options);
  const colon = authority.lastIndexOf(":");
  if (colon === -1) throw new TypeError(`target ${quote(text)} has no ${portHint(authority)}`);
  const host = authority.slice(0, colon);
  if (host.includes(":")) {
    throw new TypeError(`target ${quote(text)} ${colonsHint(authority, host, authority.slice(colon + 1))}`);
  }
  const port = parsePort(authority.slice(colon + 1), options);
  if (host !== "") return { host: parseHost(host), port };
  if (options.listening === true) return { host: defaultHost, port };
  throw new TypeError(`target ${quote(text)} has no host: write host:${port}`);
}

function parseBracketedAuthority(text: string, authority: string, options: TargetOptions): HostAndPort {
  const close = authority.indexOf("]");
  if (close === -1) throw new TypeError(`target ${quote(text)} has no closing bracket: write [::1]:80`);
  const host = parseBracketed(authority.slice(0, close + 1), authority.slice(1, close));
  if (authority[close + 1] !== ":") {
    throw new TypeError(`target ${quote(text)} has no port behind the bracket: write [${host}]:80`);
  }
  return { host, port: parsePort(authority.slice(close + 2), options) };
}

function parseBracketed(text: string, bare: string): string {
  if (bare.includes(":")) return parseHost(bare);
  throw new TypeError(`host ${quote(text)} has brackets, which are for IPv6 addresses, as in [::1]`);
}

function portHint(authority: string): string {
  return portLike.test(authority) ? `host: write host:${authority}` : "port: write host:port";
}

/** A hint for more than one colon outside brackets. */
function colonsHint(authority: string, host: string, port: string): string {
  const readings = [
    ...(ipFamily(host) === 6 && portLike.test(port) ? [`[${host}]:${port}`] : []),
    ...(ipFamily(authority) === 6 ? [`[${authority}]:port`] : []),
  ];
  if (readings.length === 0) return "is not host:port: it has more than one colon";
  return `is an IPv6 address without brackets: write ${readings.join(" or ")}`;
}

function formatHostPort(host: string, port: number): string {
  // The host "unix" would read as a Unix socket.
  if (/^unix$/i.test(host)) return `tcp://${host}:${port}`;
  return `${bracketed(host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Control characters, line separators, and lone surrogates, which UTF-8 cannot encode. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** A path from the system may contain characters that `parseUnixPath` rejects; it is then quoted, to stay on one line. */
function formatUnix(path: string): string {
  if (path === "") return "unix";
  return `unix:${unprintable.test(path) ? quote(path) : path}`;
}

function requireString(name: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new TypeError(`${name}: ${shown(value)} is not a string`);
}
