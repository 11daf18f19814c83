/** Special-use names (RFC 6761 and its registry). */
import { readFileSync } from "node:fs";
import { ipFamily } from "../../base/address/ip.ts";
import { lookUpHostsFile } from "./hosts-file.ts";
import { isOfFamily, type Family } from "./resolver.ts";

/** Whether it is `localhost` or a name that ends in it, with or without a final dot. */
export function isLocalhost(name: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(name);
}

/**
 * The addresses of a localhost name, which never leaves the machine (RFC 6761, section 6.3): those of the hosts file,
 * or else the loopback addresses.
 *
 * The order follows RFC 6724. `undefined` if only the system can decide: the file has an address that is not a
 * loopback address, or /etc/gai.conf changes the order.
 */
export function localhostAddresses(
  name: string,
  family: Family,
  files = { hosts: "/etc/hosts", order: "/etc/gai.conf" },
): readonly string[] | undefined {
  const named = lookUpHostsFile(withoutDot(name), files.hosts);
  if (named.some((address) => !isLoopback(address))) return undefined;
  const ipv6 = named.filter((address) => isOfFamily(address, 6));
  const ipv4 = named.filter((address) => isOfFamily(address, 4));
  if (family === 6) return ipv6.length > 0 ? ipv6 : ["::1"];
  if (family === 4) return ipv4.length > 0 ? ipv4 : ["127.0.0.1"];
  if (named.length === 0) return ["::1", "127.0.0.1"];
  if (ipv6.length > 0 && ipv4.length > 0 && changesOrder(files.order)) return undefined;
  return [...ipv6, ...ipv4];
}

export function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

function isLoopback(address: string): boolean {
  return address === "::1" || (ipFamily(address) === 4 && address.startsWith("127."));
}

function changesOrder(path: string): boolean {
  try {
    return /^\s*(?:label|precedence|scopev4)\s/m.test(readFileSync(path, "latin1"));
  } catch {
    return false;
  }
}

/** Top-level labels that must not be sent to name servers, with the reason. */
const neverAsked: Readonly<Record<string, string>> = {
  invalid: "names under .invalid do not exist (RFC 6761)",
  onion: "names under .onion are Tor's and not in the DNS (RFC 7686): connect through Tor's SOCKS proxy",
  local: "names under .local are for multicast DNS (RFC 6762): the system's resolver may know them",
  alt: "names under .alt are not in the DNS (RFC 9476)",
};

/**
 * Why a name must not be sent to name servers, or `undefined`. Names under test, example and home.arpa may be sent:
 * RFC 6761 and RFC 8375 ask libraries not to treat them as special.
 */
export function whyNotAsked(name: string): string | undefined {
  const last = withoutDot(name).split(".").at(-1)?.toLowerCase() ?? "";
  return Object.hasOwn(neverAsked, last) ? neverAsked[last] : undefined;
}
