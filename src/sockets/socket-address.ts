/** Addresses of the WinterTC Sockets API: `"host:port"`, or a dictionary. */
import { targetOf, type Target } from "../base/address/address.ts";
import { shown } from "../base/arguments.ts";
import { SocketError } from "./socket-error.ts";

/** A host and a port, as a dictionary. */
export interface SocketAddress {
  /** A name or an IP address; IPv6 with or without brackets. */
  readonly hostname: string;
  /** The port, from 1 to 65535. */
  readonly port: number;
}

/** What `connect` accepts as an address: `"host:port"`, `"[::1]:80"`, or a dictionary. */
export type AnySocketAddress = string | SocketAddress;

/** @throws {SocketError} for an address that cannot be connected to. */
export function socketTarget(address: unknown): Target {
  const { hostname, port } = typeof address === "string" ? partsOf(address) : membersOf(address);
  if (hostname === "") throw refused(address, "is missing hostname");
  if (port === "") throw refused(address, "is missing port");
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535) {
    throw refused(address, "has no valid port: 1 to 65535");
  }
  try {
    return targetOf({ host: hostname.replace(/^\[(.*)\]$/, "$1"), port: number });
  } catch (error) {
    throw refused(address, `could not be parsed: ${(error as Error).message}`);
  }
}

interface Parts {
  readonly hostname: string;
  readonly port: string;
}

/** The last colon outside brackets separates the two. */
function partsOf(text: string): Parts {
  const [, hostname, port = ""] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(text) ?? [];
  if (hostname === undefined) throw refused(text, "could not be parsed");
  return { hostname, port };
}

function membersOf(address: unknown): Parts {
  if (typeof address !== "object" || address === null) {
    throw refused(address, 'is neither text, as in "localhost:80", nor { hostname, port }');
  }
  const { hostname = "", port = "" } = address as { readonly hostname?: unknown; readonly port?: unknown };
  return { hostname: String(hostname), port: String(port) };
}

function refused(address: unknown, why: string): SocketError {
  return new SocketError(`address: ${shown(address)} ${why}`);
}
