/**
 * The system's resolver: the same addresses, in the same order, as every other program on this machine gets.
 *
 * `getaddrinfo` applies /etc/nsswitch.conf, the hosts file, search domains, mDNS and whatever else is set up here, and
 * sorts by RFC 6724. It runs on threads of the addon's own; where there is no addon, on libuv's pool (`dns.lookup`).
 */
import { onAbort } from "../../base/abort.ts";
import { describeSystemCode, type NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { systemLookup, type SystemAnswer } from "../../wire/index.ts";
import { ofFamily, resolveError, type Family } from "./resolver.ts";
import { isLocalhost, localhostAddresses, withoutDot } from "./special-names.ts";

/** A resolver whose promise is the whole answer. */
export type SystemResolver = (
  name: string,
  family: Family,
  signal: AbortSignal,
) => Promise<readonly string[]>;

/**
 * A resolver that asks the system (`getaddrinfo`), for both families at once unless one is asked for. The default of
 * `connect`, `dial`, `serve` and `bind`.
 *
 * `localhost` and names that end in it are answered from the hosts file, else with the loopback addresses: these never
 * leave the machine (RFC 6761, section 6.3). An aborted look-up returns at once. Callers that ask for the same name at
 * the same time share one look-up.
 */
export function createSystemResolver(): SystemResolver {
  return async (name, family, signal) => {
    signal.throwIfAborted();
    if (ipFamily(name) !== undefined) return ofFamily([name], family, name);
    // A C string would end there, and another name would be looked up.
    if (name.includes("\0")) throw resolveError("ENOTFOUND", name, "no such name: it holds a NUL");
    const isLocal = isLocalhost(name);
    const local = isLocal ? localhostAddresses(name, family) : undefined;
    if (local !== undefined) return local;
    // The hosts file has these without a final dot, and with one the system would ask name servers.
    const answer = await ask(isLocal ? withoutDot(name) : name, family ?? 0, signal);
    if (answer.addresses === undefined) throw lookupFailure(answer.code, name, family);
    // Two lines of the hosts file may name the same address.
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

/** The same on libuv's pool, where a look-up cannot be cancelled, and only a few run at a time. */
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
    // libuv's name for this one and for the next.
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
      return resolveError("EAI_FAIL", name, "the look-up failed for good (EAI_FAIL)");
    case "EAI_MEMORY":
      return resolveError("EAI_MEMORY", name, "the look-up ran out of memory (EAI_MEMORY)");
    default:
      return resolveError(code, name, describeSystemCode(code));
  }
}
