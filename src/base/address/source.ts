/**
 * Sources, by which clients are counted (F12, F82).
 *
 * A source is an IPv4 address, or the first 64 bits of an IPv6 address: a single customer usually
 * controls all addresses behind that prefix. Link-local addresses share their first 64 bits with the
 * whole link, so each of them is its own source.
 */
import type { Address } from "./address.ts";
import { ipBytes } from "./ip.ts";

/** Length of the IPv6 prefix that identifies a source. */
const ipv6SourceBytes = 8;

/** The source of a peer; `undefined` if it has no IP address or its address is no longer known. */
export function sourceOf(remote: Address | undefined): string | undefined {
  if (remote === undefined || remote.family === "unix") return undefined;
  if (remote.family === 4 || /^fe[89ab][0-9a-f]:/.test(remote.host)) return remote.host;
  return ipBytes(remote.host)?.subarray(0, ipv6SourceBytes).join(".");
}
