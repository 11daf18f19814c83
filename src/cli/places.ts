/**
 * Words of the command line that say where: to connect to, or to listen on.
 */
import { parseHostPort, parseTarget, parseUnixPath, type Address, type Target } from "../base/address.ts";
import { systemClock } from "../base/clock.ts";
import { ipFamily } from "../base/ip.ts";
import { quote } from "../base/quote.ts";
import { createSystemResolver, type Resolver } from "../net/index.ts";
import { asUsage, UsageError } from "./usage.ts";

/** Options that say how those words are meant, as in nc. */
export const placeOptions = {
  ipv4: { short: "4", brief: "use IPv4 only" },
  ipv6: { short: "6", brief: "use IPv6 only" },
  unix: { short: "U", brief: "a Unix stream socket: the address is its path, or @name" },
} as const;

export interface PlaceOptions {
  readonly ipv4?: true;
  readonly ipv6?: true;
  readonly unix?: true;
}

/** One word (`host:port`, `unix:/path`) or two (`host port`). @throws {UsageError} for what can not be. */
export function readPlace(
  words: readonly string[],
  options: PlaceOptions,
  role: { readonly listening: boolean },
): Target {
  const [first, second, third] = words;
  if (third !== undefined) throw new UsageError(`${quote(third)} is one word too many behind an address`);
  if (first === undefined) {
    throw new UsageError(
      options.unix ? "-U needs the path of the socket" : "an address is missing, as in localhost:8080",
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
  options: PlaceOptions,
  role: { readonly listening: boolean },
): Target {
  if (options.unix === true) {
    if (second !== undefined) throw new UsageError("-U takes one path, not a host and a port");
    return { scheme: "unix", path: parseUnixPath(first) };
  }
  if (second !== undefined) return parseHostPort(first, second, role);
  if (!role.listening) return parseTarget(first);
  if (/^[0-9]{1,5}$/.test(first))
    throw new UsageError(`address ${quote(first)} is a port alone: write :${first}`);
  // Whoever names no host is heard by this machine only, in the family asked for.
  return parseTarget(options.ipv6 === true && /^:[0-9]+$/.test(first) ? `[::1]${first}` : first, role);
}

function refuseOtherFamily(target: Target, family: 4 | 6): void {
  if (target.scheme === "unix") throw new UsageError(`-${family} is for IPv${family}, not for a Unix socket`);
  const own = ipFamily(target.host);
  if (own === undefined || own === `ipv${family}`) return;
  throw new UsageError(
    `-${family} asks for IPv${family}, and ${target.host} is an IPv${family === 4 ? 6 : 4} address`,
  );
}

/** The family asked for with -4 or -6. */
export function readFamily(options: PlaceOptions): 4 | 6 | undefined {
  if (options.ipv4 === true && options.ipv6 === true) throw new UsageError("-4 and -6 exclude each other");
  if (options.ipv4 === true) return 4;
  return options.ipv6 === true ? 6 : undefined;
}

/** Where to listen, as `serve` of the library takes it. */
export interface ListeningPlace {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly ipv6Only?: boolean;
  readonly resolver?: Resolver;
}

export function placeToListen(target: Target, options: PlaceOptions): ListeningPlace {
  if (target.scheme === "unix") return { path: target.path };
  const place = { host: target.host, port: target.port };
  const family = readFamily(options);
  if (family === undefined) return place;
  const resolve = createSystemResolver(systemClock);
  return { ...place, ipv6Only: family === 6, resolver: (name, _, signal) => resolve(name, family, signal) };
}

/** A target that is an address already, for explaining what went wrong there. */
export function addressOf(target: Target): Address | undefined {
  if (target.scheme === "unix") return { family: "unix", path: target.path };
  const family = ipFamily(target.host);
  return family === undefined ? undefined : { family, host: target.host, port: target.port };
}
