/**
 * The system's resolver: the same addresses, in the same order, as all other programs on this machine get.
 *
 * `getaddrinfo` applies /etc/nsswitch.conf, the hosts file, search domains and mDNS, and sorts by RFC 6724. It runs on
 * threads of the addon, or without the addon on libuv's thread pool (`dns.lookup`).
 */
import { onAbort } from "../../base/abort.ts";
import { describeSystemCode, type NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { systemLookup, type SystemAnswer } from "../../wire/index.ts";
import { ofFamily, resolveError, type Family } from "./resolver.ts";
import { isLocalhost, localhostAddresses, withoutDot } from "./special-names.ts";

/** A resolver with a promise of the complete answer. */
export type SystemResolver = (
  name: string,
  family: Family,
  signal: AbortSignal,
) => Promise<readonly string[]>;

/**
 * Creates a resolver that calls the system's `getaddrinfo`, for both families unless one is wanted. The default of `connect`,
 * `connectUdp`, `serve` and `bindUdp`.
 *
 * `localhost` and names that end in it are resolved from the hosts file, or else to the loopback addresses: they never
 * leave the machine (RFC 6761, section 6.3). An aborted lookup returns at once. Concurrent lookups of the same name
 * share one call.
 */
export function createSystemResolver(): SystemResolver {
  return async (name, family, signal) => {
    signal.throwIfAborted();
    if (ipFamily(name) !== undefined) return ofFamily([name], family, name);
    // A C string would end at the NUL, and another name would be resolved.
    if (name.includes("\0")) throw resolveError("ENOTFOUND", name, "no such name: it contains a NUL");
    const isLocal = isLocalhost(name);
    const local = isLocal ? localhostAddresses(name, family) : undefined;
    if (local !== undefined) return local;
    // The hosts file has these names without a final dot; with one, the system would query name servers.
    const answer = await ask(isLocal ? withoutDot(name) : name, family ?? 0, signal);
    if (answer.addresses === undefined) throw lookupFailure(answer.code, name, family);
    // Two lines of the hosts file may have the same address.
    return [...new Set(answer.addresses)].filter((address) => ipFamily(address) !== undefined);
  };
}

async function ask(name: string, family: 0 | 4 | 6, signal: AbortSignal): Promise<SystemAnswer> {
  return new Promise((resolve, reject) => {
    const answered = (answer: SystemAnswer): void => {
      stopListening();
      resolve(answer);
    };
    const cancel = systemLookup(name, family, answered);
    const aborted = (): void => {
      cancel?.();
      reject(signal.reason as Error);
    };
    const stopListening = onAbort(signal, aborted);
    if (cancel === undefined) void askPool(name, family).then(answered);
  });
}

/** The same on libuv's thread pool, where a lookup cannot be cancelled and only a few run at a time. */
async function askPool(name: string, family: 0 | 4 | 6): Promise<SystemAnswer> {
  const { promises } = await import("node:dns");
  try {
    const found = await promises.lookup(name, { all: true, family, verbatim: true });
    return { addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? "EAI_FAIL" };
  }
}

function lookupFailure(code: string, name: string, family: Family): NetError {
  switch (code) {
    case "EAI_NONAME":
    // libuv's name for this code and the next.
    case "ENOTFOUND":
      return resolveError(
        "ENOTFOUND",
        name,
        family === undefined ? "no such name" : `no such name, or it has no IPv${family} address`,
      );
    case "EAI_NODATA":
    case "EAI_ADDRFAMILY":
      return resolveError(
        "ENOTFOUND",
        name,
        `the name has no ${family === undefined ? "" : `IPv${family} `}address`,
      );
    case "EAI_AGAIN":
      return resolveError("EAI_AGAIN", name, "no name server gave a usable answer (EAI_AGAIN)");
    case "EAI_FAIL":
      return resolveError("EAI_FAIL", name, "name resolution failed permanently (EAI_FAIL)");
    case "EAI_MEMORY":
      return resolveError("EAI_MEMORY", name, "name resolution ran out of memory (EAI_MEMORY)");
    default:
      return resolveError(code, name, describeSystemCode(code));
  }
}
