/**
 * IP addresses as text: strict parsing, one canonical spelling.
 *
 * Accepts only the standard forms: four decimal numbers for IPv4, and RFC 4291 text for IPv6, with a
 * zone (RFC 4007) on link-local addresses and groups. Rejects the shorthands that the system's
 * functions accept (`127.1`, `0x7f.1`). `meantBySystem` computes their meaning for the error message.
 */
import { quote } from "../text/quote.ts";

/** An IP address in canonical spelling: an IPv4-mapped IPv6 address is the IPv4 address. */
export interface CanonicalHost {
  readonly family: 4 | 6;
  readonly host: string;
}

interface Ipv6 {
  readonly bytes: Uint8Array;
  /** The zone with its `%`, or empty. */
  readonly zone: string;
}

/** The family of an IP address without brackets; `undefined` for any other text, such as a name. */
export function ipFamily(host: string): 4 | 6 | undefined {
  if (ipv4.test(host)) return 4;
  return parseIpv6(host) === undefined ? undefined : 6;
}

/** The address in network order without its zone: 4 bytes (also if IPv4-mapped) or 16; `undefined` if it is invalid. */
export function ipBytes(host: string): Uint8Array | undefined {
  const bytes = parseIpv4(host) ?? parseIpv6(host)?.bytes;
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/**
 * The canonical spelling of an IP address: RFC 5952 for IPv6, plain IPv4 for an IPv4-mapped address.
 * Address lists compare this spelling (P24, F48).
 *
 * @throws {TypeError} if `host` is not an IP address.
 */
export function canonicalHost(host: string): CanonicalHost {
  if (ipv4.test(host)) return { family: 4, host };
  const ipv6 = parseIpv6(host);
  if (ipv6 === undefined) throw new TypeError(`host ${quote(host)} is not an IP address`);
  if (isMapped(ipv6.bytes)) return { family: 4, host: formatIpv4(ipv6.bytes.subarray(12)) };
  return { family: 6, host: formatIpv6(ipv6.bytes) + ipv6.zone };
}

/**
 * The address that the system derives from a non-standard number (inet_aton): `127.1`, `0x7f.1`,
 * `2130706433` and `0177.0.0.1` are all 127.0.0.1.
 */
export function meantBySystem(host: string): string | undefined {
  const parts = host.split(".");
  if (parts.length > 4) return undefined;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const value = cNumber(part);
    const bytes = index === parts.length - 1 ? 5 - parts.length : 1;
    if (value === undefined || value >= 256 ** bytes) return undefined;
    address = address * 256 ** bytes + value;
  }
  return formatIpv4([24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff));
}

/** Parses a number as C does: `0x` for hexadecimal, a leading zero for octal. */
function cNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : undefined;
}

const ipv4Number = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4 = new RegExp(`^${ipv4Number}\\.${ipv4Number}\\.${ipv4Number}\\.${ipv4Number}$`);

function parseIpv4(text: string): Uint8Array | undefined {
  const match = ipv4.exec(text);
  return match === null ? undefined : Uint8Array.from(match.slice(1), Number);
}

function formatIpv4(bytes: ArrayLike<number>): string {
  return Array.from(bytes).join(".");
}

/** The name of a network interface: Linux forbids only `/`, `:` and white space in it. */
const zonePattern = /^[^\s/:%[\]\p{C}\p{Default_Ignorable_Code_Point}]{1,15}$/u;

function parseIpv6(text: string): Ipv6 | undefined {
  const percent = text.indexOf("%");
  const bytes = parseIpv6Bytes(percent === -1 ? text : text.slice(0, percent));
  if (bytes === undefined) return undefined;
  if (percent === -1) return { bytes, zone: "" };
  const zone = text.slice(percent);
  return mayHaveZone(bytes) && zonePattern.test(zone.slice(1)) ? { bytes, zone } : undefined;
}

function parseIpv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  if (halves.length === 1) return head?.length === 16 ? Uint8Array.from(head) : undefined;
  const tail = parseGroups(halves[1] ?? "", true);
  if (halves.length !== 2 || head === undefined || tail === undefined) return undefined;
  // "::" stands for at least one group of zeros.
  if (head.length + tail.length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of groups separated by single colons; only the last group of an address may be an IPv4 address. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const embedded = last && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (embedded === undefined) return undefined;
    bytes.push(...embedded);
  }
  return bytes;
}

/** Formats by RFC 5952: lower case, no leading zeros, `::` for the first longest run of two or more zero groups. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  }
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === "0" ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}

/** ::ffff:0:0/96 */
function isMapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === 16 &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff
  );
}

/** Whether systems look at a zone: fe80::/10, and groups of link or interface scope (ff02::/16 and ff01::/16, any flags). */
function mayHaveZone(bytes: Uint8Array): boolean {
  const [first, second = 0] = bytes;
  const scope = second & 0x0f;
  return (first === 0xfe && (second & 0xc0) === 0x80) || (first === 0xff && (scope === 1 || scope === 2));
}

/** Whether an address is a multicast group: 224.0.0.0/4 or ff00::/8. */
export function isGroup(host: string): boolean {
  if (ipFamily(host) === 4) return Number(host.split(".", 1)[0]) >> 4 === 14;
  return ipFamily(host) === 6 && /^ff[0-9a-f]{2}:/i.test(host);
}
