/**
 * Whose address it is, where peers are counted by where they come from (F12, F82).
 *
 * A source is an IPv4 address, or the first 64 bits of an IPv6 one: that much is given to
 * a single customer, who has all the addresses behind it. Link-local addresses share
 * their first 64 bits with the whole link, and are told apart.
 */
import type { Address } from "./address.ts";
import { ipBytes } from "./ip.ts";

/** The bytes of an IPv6 address that name its source. */
const ipv6SourceBytes = 8;

/** The source of a peer; `undefined` for one who has no address, or cannot be asked any more. */
export function sourceOf(remote: Address | undefined): string | undefined {
  if (remote === undefined || remote.family === "unix") return undefined;
  if (remote.family === "ipv4" || /^fe[89ab][0-9a-f]:/.test(remote.host)) return remote.host;
  return ipBytes(remote.host)?.subarray(0, ipv6SourceBytes).join(".");
}
