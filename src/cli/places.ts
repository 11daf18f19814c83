/**
 * Words of the command line that say where: to connect to, or to listen on.
 */
import { parseHostPort, parseTarget, parseUnixPath, type Address, type Target } from "../base/address.ts";
import { ipFamily } from "../base/ip.ts";
import { UsageError } from "./exit.ts";

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
  return asUsage(() => {
    const [first, second, ...rest] = words;
    if (rest.length > 0) throw new UsageError(`one address is enough; ${rest.length} more words were given`);
    if (first === undefined) throw new UsageError("an address is missing, as in localhost:8080");
    if (options.unix === true) {
      if (second !== undefined) throw new UsageError("-U takes one path, not a host and a port");
      return { scheme: "unix", path: parseUnixPath(first) };
    }
    return second === undefined ? parseTarget(first, role) : parseHostPort(first, second, role);
  });
}

/** The family asked for with -4 or -6. */
export function readFamily(options: PlaceOptions): 4 | 6 | undefined {
  if (options.ipv4 === true && options.ipv6 === true) throw new UsageError("-4 and -6 exclude each other");
  if (options.ipv4 === true) return 4;
  return options.ipv6 === true ? 6 : undefined;
}

/** A target that is an address already, for explaining what went wrong there. */
export function addressOf(target: Target): Address | undefined {
  if (target.scheme === "unix") return { family: "unix", path: target.path };
  const family = ipFamily(target.host);
  return family === undefined ? undefined : { family, host: target.host, port: target.port };
}

/** A caller's mistake, as the library tells it, is the user's here. */
export function asUsage<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
