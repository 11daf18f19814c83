/**
 * Address arguments: the words of a command line that say where to connect or to listen.
 */
import { setting } from "./library-options.ts";
import {
  formatTarget,
  parseHostPort,
  parseTarget,
  parseUnixPath,
  unixAddress,
  type Target,
} from "../../base/address/address.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { quote } from "../../base/text/quote.ts";
import { createSystemResolver, type Resolver } from "../../net/index.ts";
import type { EngineChoice } from "../../wire/index.ts";
import type { SwitchRow, ValuedRow } from "./options.ts";
import type { HeldAddress } from "../system/port-holder.ts";
import { requirePortOfService } from "./service-names.ts";
import { asUsage, UsageError } from "../usage.ts";
import { engineChoice } from "./values.ts";

/** Reasons of `serve`, which has descriptors and shared ports. */
export const besideDescriptor = { fd: "--fd is a socket that has an address: leave out %" } as const;
export const needsSharedPorts = "--reuse-port needs a native engine$";

/** Options that say how to read those words, as in nc. */
export const addressOptions: {
  readonly ipv4: SwitchRow;
  readonly ipv6: SwitchRow;
  readonly udp: SwitchRow;
  readonly unix: SwitchRow;
  readonly engine: ValuedRow<EngineChoice>;
} = {
  ipv4: {
    short: "4",
    unfit: besideDescriptor,
    excludes: { ipv6: "-4 and -6 exclude each other" },
    brief: "use IPv4 only",
  },
  ipv6: { short: "6", unfit: besideDescriptor, brief: "use IPv6 only" },
  udp: {
    short: "u",
    unfit: besideDescriptor,
    brief: "UDP: send and receive datagrams instead of connecting",
  },
  unix: {
    short: "U",
    unfit: besideDescriptor,
    brief: "Unix stream socket: the address is its path, or @name",
  },
  engine: {
    ...setting("engine"),
    unfit: { "no shared ports": needsSharedPorts },
    brief: "the engine: auto (the fastest that works here), epoll, io_uring or portable",
    value: { placeholder: "<auto|epoll|io_uring|portable>", read: engineChoice },
  },
};

export interface AddressOptions {
  readonly ipv4?: true;
  readonly ipv6?: true;
  readonly udp?: true;
  readonly unix?: true;
  readonly engine?: EngineChoice;
}

/** One word (`host:port`, `unix:/path`) or two (`host port`). @throws {UsageError} if they are invalid. */
export function readAddress(
  words: readonly string[],
  options: AddressOptions,
  role: { readonly listening: boolean },
): Target {
  const [first, second, third] = words;
  if (third !== undefined) throw new UsageError(`${quote(third)} is one word too many after an address`);
  if (first === undefined) {
    throw new UsageError(
      options.unix ? "-U needs the path of the socket" : "an address is missing, such as localhost:8080",
    );
  }
  const family = readFamily(options);
  return asUsage(() => {
    const target = readTarget(first, second, options, role);
    if (family !== undefined) refuseOtherFamily(target, family);
    return target;
  });
}

function readTarget(
  first: string,
  second: string | undefined,
  options: AddressOptions,
  role: { readonly listening: boolean },
): Target {
  if (options.unix === true) {
    if (options.udp === true) {
      throw new UsageError("-u and -U exclude each other: Node has no Unix sockets for datagrams");
    }
    if (second !== undefined) throw new UsageError("-U takes one path, not a host and a port");
    return { scheme: "unix", path: parseUnixPath(first) };
  }
  const scheme = options.udp === true ? ("udp" as const) : undefined;
  const reading = { ...role, scheme, portOf: requirePortOfService };
  if (second !== undefined) return parseHostPort(first, second, reading);
  if (!role.listening) return refuseOtherScheme(parseTarget(first, reading), options);
  if (/^[0-9]{1,5}$/.test(first))
    throw new UsageError(`address ${quote(first)} is only a port: write :${first}`);
  // Without a host, listen on the loopback address of the chosen family.
  const text = options.ipv6 === true && /^:[^:]+$/.test(first) ? `[::1]${first}` : first;
  const target = refuseOtherScheme(parseTarget(text, reading), options);
  if (target.scheme !== "tls") return target;
  throw new UsageError(`${quote(first)}: tls:// is for connecting; to serve TLS, use --tls`);
}

function refuseOtherScheme(target: Target, { udp }: AddressOptions): Target {
  if (udp !== true || target.scheme === "udp") return target;
  throw new UsageError(`-u is for datagrams, and ${formatTarget(target)} is ${socketNames[target.scheme]}`);
}

const socketNames = { tcp: "a TCP socket", tls: "for TLS over TCP", unix: "a Unix socket" } as const;

function refuseOtherFamily(target: Target, family: 4 | 6): void {
  if (target.scheme === "unix") throw new UsageError(`-${family} is for IPv${family}, not for a Unix socket`);
  const own = ipFamily(target.host);
  if (own === undefined || own === family) return;
  throw new UsageError(
    `-${family} asks for IPv${family}, and ${target.host} is an IPv${family === 4 ? 6 : 4} address`,
  );
}

/** The family chosen with -4 or -6. */
export function readFamily(options: AddressOptions): 4 | 6 | undefined {
  if (options.ipv4 === true) return 4;
  return options.ipv6 === true ? 6 : undefined;
}

/** Where to listen, in the form of the library's `serve`. */
export interface ListenAddress {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly ipv6Only?: boolean;
  readonly resolver?: Resolver;
}

export function listenAddress(target: Target, options: AddressOptions): ListenAddress {
  if (target.scheme === "unix") return { path: target.path };
  const bindTarget = { host: target.host, port: target.port };
  const family = readFamily(options);
  if (family === undefined) return bindTarget;
  const resolve = createSystemResolver();
  return {
    ...bindTarget,
    ipv6Only: family === 6,
    resolver: (name, _, signal) => resolve(name, family, signal),
  };
}

/** The target's address, if it needs no look-up, for explaining a failure there. */
export function addressOf(target: Target): HeldAddress | undefined {
  if (target.scheme === "unix") return unixAddress(target.path);
  const family = ipFamily(target.host);
  if (family === undefined) return undefined;
  const address = { family, host: target.host, port: target.port };
  return target.scheme === "udp" ? { ...address, protocol: "udp" } : address;
}
