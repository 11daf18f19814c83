/**
 * Blocks of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
 *
 * Comparison uses the bytes of the canonical address. A client therefore matches a rule in any
 * spelling and through any socket (F48).
 */
import { canonicalHost, ipBytes } from "./ip.ts";
import { quote } from "../text/quote.ts";

/** All addresses of one family with the same prefix. */
export interface AddressBlock {
  readonly bytes: Uint8Array;
  readonly prefixBits: number;
}

/** Length of the IPv6 prefix in front of an IPv4-mapped address. */
const mappedBits = 96;

/**
 * Parses a block. An IPv4-mapped block becomes the IPv4 block.
 *
 * @throws {TypeError} for anything else, and for bits set behind the prefix; the message is one line.
 */
export function parseAddressBlock(text: string): AddressBlock {
  const [address = "", prefix, ...more] = text.split("/");
  const bytes = ipBytes(address);
  if (bytes === undefined || more.length > 0) {
    throw new TypeError(`${quote(text)} is neither an IP address nor a block, as in 10.0.0.0/8`);
  }
  if (address.includes("%")) throw new TypeError(`${quote(text)} names a zone: leave out what begins with %`);
  const prefixBits = prefix === undefined ? bytes.length * 8 : readPrefix(text, address, prefix);
  const first = maskedTo(bytes, prefixBits);
  if (first.some((byte, index) => byte !== bytes[index])) {
    const meant = `${formatBytes(first)}/${prefixBits}`;
    throw new TypeError(`${quote(text)} has bits behind its prefix: write ${meant}`);
  }
  return { bytes, prefixBits };
}

/** Whether the block contains an address, in the spelling of `TcpAddress`. */
export function isInBlock({ bytes, prefixBits }: AddressBlock, host: string): boolean {
  const candidate = ipBytes(host);
  if (candidate?.length !== bytes.length) return false;
  return maskedTo(candidate, prefixBits).every((byte, index) => byte === bytes[index]);
}

/** The address with all bits behind the prefix set to 0. */
function maskedTo(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(Math.max(bits - index * 8, 0), 8);
    return byte & (0xff00 >> kept);
  });
}

/** The prefix length, in the family of the canonical address. */
function readPrefix(text: string, address: string, prefix: string): number {
  const writtenMax = address.includes(":") ? 128 : 32;
  const bits = /^(?:0|[1-9][0-9]{0,2})$/.test(prefix) ? Number(prefix) : -1;
  if (bits < 0 || bits > writtenMax) {
    throw new TypeError(
      `${quote(text)}: the prefix ${quote(prefix)} is not a number from 0 to ${writtenMax}`,
    );
  }
  const isMapped = writtenMax === 128 && canonicalHost(address).family === 4;
  if (!isMapped) return bits;
  if (bits < mappedBits)
    throw new TypeError(`${quote(text)}: a prefix of IPv4-mapped addresses is 96 or more`);
  return bits - mappedBits;
}

function formatBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] as number) << 8) | (bytes[index + 1] as number)).toString(16));
  }
  return canonicalHost(groups.join(":")).host;
}
