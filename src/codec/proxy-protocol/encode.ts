/** PROXY protocol headers as bytes. */
import type { Address } from "../../base/address/address.ts";
import { wellFormed } from "../../base/arguments.ts";
import { ipBytes, ipFamily } from "../../base/address/ip.ts";
import { concatBytes, encodeLatin1, encodeText } from "../../base/bytes.ts";
import { formatAddress } from "../../base/address/address.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { quote } from "../../base/text/quote.ts";
import { headerChecks } from "./check.ts";
import { crc32c } from "./crc32c.ts";
import {
  fixedBytesV2,
  signatures,
  tlsBits,
  tlsTypes,
  tlvTypes,
  uniqueIdBytesMax,
  unixPathBytes,
  type ProxyHeaderToSend,
  type ProxyTls,
} from "./header.ts";

/**
 * Encodes a header. If it has an IPv4 and an IPv6 address, both become IPv6. Without both addresses, or if version 1
 * cannot carry them, it says that the client is unknown.
 *
 * @throws {TypeError} for a member that cannot have its value, for what the version cannot carry, and for a Unix address beside an IP address.
 */
export function encodeProxyHeader(header: ProxyHeaderToSend): Uint8Array {
  checkOptions("encodeProxyHeader", header, headerChecks("encodeProxyHeader: "));
  const { version } = header;
  // A version that is missing has not been checked.
  if (version === undefined) throw new TypeError("encodeProxyHeader: version: undefined is not 1 or 2");
  return version === 1 ? encodeV1(header) : encodeV2(header);
}

interface Ends {
  readonly family: 1 | 2 | 3;
  readonly source: Address;
  readonly destination: Address;
}

/** The addresses of a header in one family; `undefined` if it names none. */
function endsOf({ command, source, destination }: ProxyHeaderToSend): Ends | undefined {
  if (command === "local" || source === undefined || destination === undefined) return undefined;
  const unix = [source, destination].filter(({ family }) => family === "unix").length;
  if (unix === 1) {
    const names = `${formatAddress(source)} and ${formatAddress(destination)}`;
    throw new TypeError(`encodeProxyHeader: ${names} cannot stand in one header`);
  }
  if (unix === 2) return { family: 3, source, destination };
  const isIpv4 = source.family === 4 && destination.family === 4;
  return { family: isIpv4 ? 1 : 2, source, destination };
}

function encodeV1(header: ProxyHeaderToSend): Uint8Array {
  const { alpn, authority, uniqueId, tls, netns, tlvs = [], checksum = false } = header;
  const fields = [alpn, authority, uniqueId, tls, netns].some((value) => value !== undefined);
  if (fields || tlvs.length > 0 || checksum) {
    throw new TypeError("encodeProxyHeader: version 1 has addresses only; use version 2 for further fields");
  }
  if (header.transport === "datagram") {
    throw new TypeError("encodeProxyHeader: version 1 has no datagrams; use version 2");
  }
  const ends = endsOf(header);
  if (ends === undefined || ends.source.family === "unix" || ends.destination.family === "unix") {
    return encodeText("PROXY UNKNOWN\r\n");
  }
  const { family, source, destination } = ends;
  const host = (text: string): string => {
    const bare = withoutZone(text);
    return family === 2 && ipFamily(bare) === 4 ? `::ffff:${bare}` : bare;
  };
  const hosts = `${host(source.host)} ${host(destination.host)}`;
  return encodeText(`PROXY TCP${family === 1 ? 4 : 6} ${hosts} ${source.port} ${destination.port}\r\n`);
}

/** The zone of an address has a meaning on this machine only. */
function withoutZone(host: string): string {
  return host.split("%", 1)[0] as string;
}

function encodeV2(header: ProxyHeaderToSend): Uint8Array {
  const ends = endsOf(header);
  const isLocal = header.command === "local";
  const transport = header.transport === "datagram" ? 2 : 1;
  const block = concatBytes([...(ends === undefined ? [] : addressesOf(ends)), ...fieldsOf(header)]);
  if (ends === undefined && block.length > 0) {
    throw new TypeError("encodeProxyHeader: further fields need a source and a destination");
  }
  const length = block.length + (header.checksum === true ? 7 : 0);
  if (length > 0xffff) throw new TypeError(`encodeProxyHeader: ${length} bytes are more than 65535`);
  const bytes = new Uint8Array(fixedBytesV2 + length);
  bytes.set(signatures.v2);
  const family = ends === undefined ? 0 : (ends.family << 4) | transport;
  bytes.set([0x20 | (isLocal ? 0 : 1), family, length >> 8, length & 0xff], signatures.v2.length);
  bytes.set(block, fixedBytesV2);
  if (header.checksum === true) {
    bytes.set([tlvTypes.crc32c, 0, 4], bytes.length - 7);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32c(bytes));
  }
  return bytes;
}

function addressesOf({ family, source, destination }: Ends): Uint8Array[] {
  if (source.family === "unix" || destination.family === "unix") {
    return [source, destination].map((address) => pathBytes(address.family === "unix" ? address.path : ""));
  }
  const ports = new Uint8Array(4);
  new DataView(ports.buffer).setUint16(0, source.port);
  new DataView(ports.buffer).setUint16(2, destination.port);
  return [hostBytes(source.host, family), hostBytes(destination.host, family), ports];
}

function hostBytes(host: string, family: 1 | 2 | 3): Uint8Array {
  const bytes = ipBytes(withoutZone(host));
  if (bytes === undefined) throw new TypeError(`encodeProxyHeader: ${quote(host)} is not an IP address`);
  if (family === 1 || bytes.length === 16) return bytes;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes);
}

function pathBytes(path: string): Uint8Array {
  const name = encodeText(path.startsWith("@") ? `\0${path.slice(1)}` : path);
  if (name.length > unixPathBytes) {
    throw new TypeError(`encodeProxyHeader: the path ${quote(path)} has more than ${unixPathBytes} bytes`);
  }
  const bytes = new Uint8Array(unixPathBytes);
  bytes.set(name);
  return bytes;
}

function fieldsOf({ alpn, authority, uniqueId, tls, netns, tlvs = [] }: ProxyHeaderToSend): Uint8Array[] {
  if (uniqueId !== undefined && uniqueId.length > uniqueIdBytesMax) {
    throw new TypeError(
      `encodeProxyHeader: uniqueId has ${uniqueId.length} bytes, more than ${uniqueIdBytesMax}`,
    );
  }
  return [
    ...(alpn === undefined ? [] : [field(tlvTypes.alpn, latin1("alpn", alpn))]),
    ...(authority === undefined ? [] : [field(tlvTypes.authority, utf8("authority", authority))]),
    ...(uniqueId === undefined ? [] : [field(tlvTypes.uniqueId, uniqueId)]),
    ...(tls === undefined ? [] : [field(tlvTypes.tls, tlsValue(tls))]),
    ...(netns === undefined ? [] : [field(tlvTypes.netns, utf8("netns", netns))]),
    ...tlvs.map(({ type, value }) => otherField(type, value)),
  ];
}

function otherField(type: number, value: Uint8Array): Uint8Array {
  const known = Object.entries(tlvTypes).find(([, one]) => one === type);
  if (known !== undefined && known[0] !== "noop") {
    const member = known[0] === "crc32c" ? "checksum" : known[0];
    throw new TypeError(`encodeProxyHeader: tlvs: type ${type} has a member of its own, ${member}`);
  }
  if (!Number.isInteger(type) || type < 0 || type > 0xff) {
    throw new TypeError(`encodeProxyHeader: tlvs: type ${String(type)} is not a whole number from 0 to 255`);
  }
  return field(type, value);
}

function tlsValue(tls: ProxyTls): Uint8Array {
  let bits = 0;
  for (const name of Object.keys(tlsBits) as (keyof typeof tlsBits)[]) if (tls[name]) bits |= tlsBits[name];
  const texts = (Object.keys(tlsTypes) as (keyof typeof tlsTypes)[]).flatMap((name) => {
    const value = tls[name];
    return value === undefined ? [] : [field(tlsTypes[name], utf8(`tls.${name}`, value))];
  });
  return concatBytes([Uint8Array.of(bits, 0, 0, 0, tls.verified ? 0 : 1), ...texts]);
}

function field(type: number, value: Uint8Array): Uint8Array {
  if (value.length > 0xffff)
    throw new TypeError(`encodeProxyHeader: a field of ${value.length} bytes is too long`);
  return concatBytes([Uint8Array.of(type, value.length >> 8, value.length & 0xff), value]);
}

function utf8(name: string, text: string): Uint8Array {
  return encodeText(wellFormed(`encodeProxyHeader: ${name}`, text));
}

function latin1(name: string, text: string): Uint8Array {
  const bytes = encodeLatin1(text);
  if (bytes === undefined)
    throw new TypeError(`encodeProxyHeader: ${name}: ${quote(text)} has a character beyond U+00FF`);
  return bytes;
}
