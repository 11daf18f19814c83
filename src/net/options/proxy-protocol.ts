/** The PROXY protocol: which header `connect` sends, and whose headers `serve` reads. */
import type { Address } from "../../base/address/address.ts";
import { duration, flag, oneOf, texts } from "../../base/arguments.ts";
import { parseAddressBlock, type AddressBlock } from "../../base/address/address-block.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { encodeProxyHeader, headerChecks, type ProxyHeaderToSend } from "../../codec/index.ts";

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
  const { command: _, ...checks } = headerChecks(`${name}.`);
  checkOptions(name, options, { ...checks, local: (member, value) => flag(`${name}.${member}`, value) });
  if (options.version === undefined) throw new TypeError(`${name}.version: undefined is not 1 or 2`);
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

/** Which senders must send a PROXY protocol header, and what it may say. */
export interface ReceivedProxyOptions {
  /**
   * Addresses or CIDR blocks of the load balancers. A header is required from them alone. Clients of a
   * Unix socket are always trusted: the permissions of its file decide.
   */
  readonly trusted?: readonly string[] | undefined;
  /**
   * What to do with other senders: `refuse` resets them; `accept` serves them as direct clients, and passes on a header
   * that they send as data. Default: `refuse`.
   */
  readonly untrusted?: "refuse" | "accept" | undefined;
  /**
   * What to do if a header names no client (LOCAL, UNKNOWN or UNSPEC), as in health checks: `ignore` ends the
   * connection without an error; `serve` serves it with the load balancer as its `remote`. Default: `ignore`.
   */
  readonly withoutClient?: "ignore" | "serve" | undefined;
  /** Timeout of the whole header. Default: 5 s. */
  readonly timeoutMs?: number | undefined;
}

/** The same, checked. */
export interface ProxyProtocolRules {
  readonly trusted: readonly AddressBlock[];
  readonly acceptsUntrusted: boolean;
  readonly servesWithoutClient: boolean;
  readonly timeoutMs: number;
}

/**
 * @param path the Unix socket that is listened on, if it is one
 * @throws {TypeError} with the member, its value and what is expected.
 */
export function proxyProtocolRules(
  options: ReceivedProxyOptions,
  path: string | undefined,
): ProxyProtocolRules {
  const name = "proxyProtocol";
  checkOptions(name, options, {
    trusted: (member, value) => texts(`${name}.${member}`, value, '["10.0.0.0/8"]'),
    untrusted: (member, value) => oneOf(`${name}.${member}`, value, ["refuse", "accept"]),
    withoutClient: (member, value) => oneOf(`${name}.${member}`, value, ["ignore", "serve"]),
    timeoutMs: (member, value) => duration(`${name}.${member}`, value),
  });
  const { trusted = [], untrusted, withoutClient, timeoutMs } = options;
  if (trusted.length === 0 && path === undefined) {
    throw new TypeError(`${name}.trusted: name the addresses of the load balancers, as in ["10.0.0.0/8"]`);
  }
  return {
    trusted: trusted.map((block) => {
      try {
        return parseAddressBlock(block);
      } catch (error) {
        throw new TypeError(`${name}.trusted: ${(error as Error).message}`, { cause: error });
      }
    }),
    acceptsUntrusted: untrusted === "accept",
    servesWithoutClient: withoutClient === "serve",
    timeoutMs: timeoutMs ?? limits.proxyHeaderTimeoutMs.value,
  };
}
