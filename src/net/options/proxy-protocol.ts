/** The PROXY protocol header that `connect` sends: from options to bytes. */
import { canonicalAddress, formatAddress, type Address } from "../../base/address/address.ts";
import { flag, oneOf, record, shown } from "../../base/arguments.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { encodeProxyHeader, type ProxyHeaderToSend } from "../../codec/index.ts";

/** A PROXY protocol header to send in front of everything else. */
export interface SentProxyHeader extends Omit<ProxyHeaderToSend, "command"> {
  /** Says that this side connects for itself, as a load balancer does to check a server. Default: `false`. */
  readonly local?: boolean | undefined;
}

/** Makes the header for a connection with these ends. */
export type HeaderOf = (local: Address, remote: Address | undefined) => Uint8Array;

/** @throws {TypeError} with the member, its value and what is expected. */
export function sentHeader(options: SentProxyHeader): HeaderOf {
  const name = "proxyProtocol";
  checkOptions(name, options, {
    version: true,
    local: (member, value) => flag(`${name}.${member}`, value),
    transport: (member, value) => oneOf(`${name}.${member}`, value, ["stream", "datagram"]),
    source: addressMember,
    destination: addressMember,
    alpn: true,
    authority: true,
    uniqueId: true,
    tls: (member, value) => record(`${name}.${member}`, value),
    netns: true,
    tlvs: true,
    checksum: (member, value) => flag(`${name}.${member}`, value),
  });
  const { version } = options;
  if (version !== 1 && version !== 2) throw new TypeError(`${name}.version: ${shown(version)} is not 1 or 2`);
  const { local: isLocal = false, source, destination, ...rest } = options;
  const header = (local: Address, remote: Address | undefined): Uint8Array =>
    encodeProxyHeader({
      ...rest,
      command: isLocal ? "local" : "proxy",
      source: source ?? local,
      destination: destination ?? remote,
    });
  // Invalid members are reported before anything connects.
  const ends = source ?? destination ?? { family: 4, host: "127.0.0.1", port: 0 };
  header(ends, ends);
  return header;
}

function addressMember(member: string, value: unknown): void {
  try {
    canonicalAddress(value as Address);
    formatAddress(value as Address);
  } catch (error) {
    const example = '{ family: 4, host: "192.0.2.1", port: 80 }';
    throw new TypeError(`proxyProtocol.${member}: ${shown(value)} is not an address, as in ${example}`, {
      cause: error,
    });
  }
}
