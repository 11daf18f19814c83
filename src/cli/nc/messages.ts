/**
 * nc's messages on stderr, in the exact words that scripts look for.
 */
import type { Address } from "../../base/address/address.ts";
import type { Attempt, NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { errorLine } from "../error-line.ts";
import { serviceOfPort, type Protocol } from "../args/service-names.ts";

export interface NamedEndpoint {
  /** As typed. */
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Whether the service name is left out (-n). */
  readonly numeric: boolean;
}

/** The endpoint to listen on; a Unix socket by its path as typed. */
export interface Listening {
  readonly protocol: Protocol;
  readonly name: NamedEndpoint | string;
}

/** The system's texts for a failure to connect; other codes are shown as codes. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENOENT: "No such file or directory",
  ENOTSOCK: "Connection refused",
  EPERM: "Operation not permitted",
  EINVAL: "Invalid argument",
  EAGAIN: "Resource temporarily unavailable",
  EMFILE: "Too many open files",
  ENFILE: "Too many open files in system",
  ENOBUFS: "No buffer space available",
  ENOMEM: "Cannot allocate memory",
  EAFNOSUPPORT: "Address family not supported by protocol",
  EPROTOTYPE: "Protocol wrong type for socket",
  ENETDOWN: "Network is down",
  EHOSTDOWN: "Host is down",
  ECONNABORTED: "Software caused connection abort",
  ENODEV: "No such device",
  ENOTDIR: "Not a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  EROFS: "Read-only file system",
  ENOSPC: "No space left on device",
};

const timeouts: readonly string[] = ["ETIMEDOUT", "ERR_CONNECT_TIMEOUT"];

/** `Connection to localhost (127.0.0.1) 22 port [tcp/ssh] succeeded!` */
export function succeeded(
  { host, port, protocol, numeric }: NamedEndpoint,
  remote: Address | undefined,
): string {
  const address = remote === undefined || remote.family === "unix" ? host : remote.host;
  const service = numeric ? "*" : (serviceOfPort(port, protocol) ?? "*");
  return `Connection to ${withAddress(host, address)} ${port} port [${protocol}/${service}] succeeded!`;
}

/** Why connecting failed: a line for each address that was tried. */
export function failed(error: NetError, endpoint: NamedEndpoint | string): string[] {
  if (typeof endpoint === "string") return [`nc: ${endpoint}: ${reasonOf(error.code) ?? errorLine(error)}`];
  const { host, port, protocol } = endpoint;
  if (error.stage === "resolve") {
    return [`nc: getaddrinfo for host "${host}" port ${port}: Name or service not known`];
  }
  const [first] = error.attempts;
  // The attempts were then made to the proxy.
  if (error.code.startsWith("ERR_PROXY")) return [`nc: ${errorLine(error)}`];
  if (error.stage !== "connect" || first === undefined) return [`nc: ${errorLine(error)}`];
  return error.attempts
    .filter(({ outcome }) => outcome !== "abandoned")
    .map((attempt) => {
      const prefix = `nc: connect to ${withAddress(host, hostOf(attempt))} port ${port} (${protocol})`;
      if (timeouts.includes(attempt.outcome)) return `${prefix} timed out`;
      return `${prefix} failed: ${reasonOf(attempt.outcome) ?? attempt.outcome}`;
    });
}

export function notListening(error: NetError): string {
  return `nc: ${reasonOf(error.code) ?? errorLine(error)}`;
}

/** `Listening on 0.0.0.0 8080`; for datagrams `Bound on 0.0.0.0 8080`; for a Unix socket both, with its path. */
export function listeningOn(address: Address, { protocol, name }: Listening): string[] {
  if (typeof name === "string") return [`Bound on ${name}`, `Listening on ${name}`];
  return [`${protocol === "udp" ? "Bound" : "Listening"} on ${spaced(address)}`];
}

/** `Connection received on 127.0.0.1 42288`; for a Unix socket, whose clients have no address, its path. */
export function receivedFrom(remote: Address, name: Listening["name"]): string {
  return `Connection received on ${typeof name === "string" ? name : spaced(remote)}`;
}

function spaced(address: Address): string {
  return address.family === "unix" ? address.path : `${address.host} ${address.port}`;
}

function withAddress(host: string, address: string): string {
  return ipFamily(host) === undefined && host !== address ? `${host} (${address})` : host;
}

function hostOf({ address }: Attempt): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function reasonOf(code: string): string | undefined {
  return Object.hasOwn(reasons, code) ? reasons[code] : undefined;
}
