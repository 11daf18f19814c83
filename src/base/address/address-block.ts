/**
 * Blocks of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address by itself.
 *
 * What is compared is the bytes of the canonical address, so that a client matches its
 * rule whichever way it is written, and through whichever socket it came (F48).
 */
import { canonicalHost, ipBytes } from "./ip.ts";
import { quote } from "../text/quote.ts";

/** All addresses of one family that begin with the same bits. */
export interface AddressBlock {
  /** The first address of the block. */
  readonly bytes: Uint8Array;
  readonly prefixBits: number;
}

/** The bits of an IPv6 address in front of an IPv4 one that is mapped into it. */
const mappedBits = 96;

/**
 * Reads a block. An IPv4-mapped one is the IPv4 block.
 *
 * @throws {TypeError} for anything else, and for bits behind the prefix; the message is one line.
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

/** Whether the block holds an address, as `TcpAddress` has it. */
export function isInBlock({ bytes, prefixBits }: AddressBlock, host: string): boolean {
  const candidate = ipBytes(host);
  if (candidate?.length !== bytes.length) return false;
  return maskedTo(candidate, prefixBits).every((byte, index) => byte === bytes[index]);
}

/** The address with everything behind its first bits set to 0. */
function maskedTo(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(Math.max(bits - index * 8, 0), 8);
    return byte & (0xff00 >> kept);
  });
}

/** How many bits count, in the family that the address has become. */
function readPrefix(text: string, address: string, prefix: string): number {
  const writtenMax = address.includes(":") ? 128 : 32;
  const bits = /^(?:0|[1-9][0-9]{0,2})$/.test(prefix) ? Number(prefix) : -1;
  if (bits < 0 || bits > writtenMax) {
    throw new TypeError(
      `${quote(text)}: the prefix ${quote(prefix)} is not a number from 0 to ${writtenMax}`,
    );
  }
  const isMapped = writtenMax === 128 && canonicalHost(address).family === "ipv4";
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
