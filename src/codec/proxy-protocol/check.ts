/** Checks of a header to send, for callers whose compiler has not checked them. */
import { canonicalAddress, formatAddress, type Address } from "../../base/address/address.ts";
import { byteArray, flag, oneOf, record, shown, text, wholeNumber } from "../../base/arguments.ts";
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import type { ProxyHeaderToSend, ProxyTls, ProxyTlv } from "./header.ts";

/**
 * The checks of every member of a header; their messages begin with `prefix`. Sizes, and what a version cannot
 * carry, are checked when it is encoded.
 */
export function headerChecks(prefix: string): OptionChecks<ProxyHeaderToSend> {
  const isText = (name: string, value: unknown): string => text(`${prefix}${name}`, value);
  const isFlag = (name: string, value: unknown): boolean => flag(`${prefix}${name}`, value);
  const isAddress = (name: string, value: unknown): void => {
    address(`${prefix}${name}`, value);
  };
  return {
    version: (name, value) => {
      if (value !== 1 && value !== 2) throw new TypeError(`${prefix}${name}: ${shown(value)} is not 1 or 2`);
    },
    command: (name, value) => oneOf(`${prefix}${name}`, value, ["proxy", "local"]),
    transport: (name, value) => oneOf(`${prefix}${name}`, value, ["stream", "datagram"]),
    source: isAddress,
    destination: isAddress,
    alpn: isText,
    authority: isText,
    uniqueId: (name, value) => byteArray(`${prefix}${name}`, value),
    tls: (name, value) => {
      tlsMembers(`${prefix}${name}`, value);
    },
    netns: isText,
    tlvs: (name, value) => {
      fields(`${prefix}${name}`, value);
    },
    checksum: isFlag,
  };
}

function address(name: string, value: unknown): void {
  try {
    canonicalAddress(value as Address);
    formatAddress(value as Address);
  } catch (error) {
    const example = '{ family: 4, host: "192.0.2.1", port: 80 }';
    throw new TypeError(`${name}: ${shown(value)} is not an address, as in ${example}`, { cause: error });
  }
}

function tlsMembers(name: string, value: unknown): void {
  const isText = (member: string, one: unknown): string => text(`${name}.${member}`, one);
  const isFlag = (member: string, one: unknown): boolean => flag(`${name}.${member}`, one);
  checkOptions(name, record(name, value) as ProxyTls, {
    used: isFlag,
    certificateOnConnection: isFlag,
    certificateInSession: isFlag,
    verified: isFlag,
    version: isText,
    commonName: isText,
    cipher: isText,
    signatureAlgorithm: isText,
    keyAlgorithm: isText,
  });
}

function fields(name: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new TypeError(`${name}: ${shown(value)} is not an array of { type, value }`);
  for (const [index, one] of value.entries()) {
    const { type, value: content } = record(`${name}[${index}]`, one) as ProxyTlv;
    wholeNumber(`${name}[${index}].type`, type, 0);
    byteArray(`${name}[${index}].value`, content);
  }
}
