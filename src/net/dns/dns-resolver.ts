/**
 * A resolver that queries name servers itself: A and AAAA in parallel, with c-ares.
 *
 * It can distinguish a silent name server from a failing one. It returns one family while the other is still missing
 * (RFC 8305, section 3). It uses the hosts file and DNS only: no search domains, no mDNS, no sorting by RFC 6724.
 */
import { clock as checkClock } from "../../base/arguments.ts";
import type { promises } from "node:dns";
import { onAbort } from "../../base/abort.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import { ipFamily } from "../../base/address/ip.ts";
import type { NetError } from "../../base/errors.ts";
import { lookUpHostsFile } from "./hosts-file.ts";
import { ofFamily, resolveError, type Family, type Resolver } from "./resolver.ts";
import { isLocalhost, localhostAddresses, whyNotAsked, withoutDot } from "./special-names.ts";

/** How long IPv4 addresses wait for IPv6 addresses (RFC 8305, section 3). */
const resolutionDelayMs = 50;

/** Timeout and number of queries per name server; `resolveTimeoutMs` limits the total. */
const queryOptions = { timeout: 2_000, tries: 4 } as const;

/**
 * Creates a resolver that reads the hosts file, then queries the name servers of /etc/resolv.conf.
 *
 * IPv6 addresses come first, and IPv4 addresses wait for them for 50 ms. A family that arrives later still joins the
 * attempts in progress. A name is fully qualified: search domains do not apply. Names that must not be sent to name
 * servers fail at once (`.invalid`, `.onion`, `.local`, `.alt`). Names under `localhost` are this machine.
 *
 * @param clock the source of time for the 50 ms. Default: the system's.
 */
export function createDnsResolver(clock: Clock = systemClock): Resolver {
  checkClock("clock", clock);
  return (name, family, signal) => lookUp(name, family, signal, clock);
}

async function* lookUp(
  name: string,
  family: Family,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<readonly string[], void> {
  signal.throwIfAborted();
  if (ipFamily(name) !== undefined) {
    yield ofFamily([name], family, name);
    return;
  }
  const local =
    (isLocalhost(name) ? localhostAddresses(name, family) : undefined) ?? lookUpHostsFile(withoutDot(name));
  if (local.length > 0) {
    yield ofFamily(local, family, name);
    return;
  }
  // Node passes the name on as a C string, which ends at the NUL: that would query another name.
  if (name.includes("\0")) throw resolveError("ENOTFOUND", name, "no such name: it contains a NUL");
  const reason = whyNotAsked(name);
  if (reason !== undefined) throw resolveError("ENOTFOUND", name, reason);
  yield* askNameServers(name, family, signal, clock);
}

async function* askNameServers(
  name: string,
  family: Family,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<readonly string[], void> {
  const dns = await import("node:dns");
  const resolver: promises.Resolver = new dns.promises.Resolver(queryOptions);
  const cancel = (): void => {
    resolver.cancel();
  };
  signal.throwIfAborted();
  const stopListening = onAbort(signal, cancel);
  try {
    const ipv6 = new Query(family === 4 ? Promise.resolve([]) : resolver.resolve6(name));
    const ipv4 = new Query(family === 6 ? Promise.resolve([]) : resolver.resolve4(name));
    await firstWithAddresses(ipv6, ipv4);
    if (!ipv6.isAnswered) await settledWithin(ipv6, resolutionDelayMs, clock);
    signal.throwIfAborted();
    const late = [ipv6, ipv4].filter((one) => !one.isAnswered);
    const early = [...ipv6.addresses, ...ipv4.addresses];
    if (early.length > 0) yield early;
    for (const one of late) {
      await one.answered;
      signal.throwIfAborted();
      if (one.addresses.length > 0) yield one.addresses;
    }
    if (ipv6.addresses.length + ipv4.addresses.length === 0)
      throw noAddress(name, family, [ipv6.code, ipv4.code]);
  } finally {
    stopListening();
    // A pending query would keep the process alive.
    cancel();
  }
}

/** One query, and its answer so far. */
class Query {
  isAnswered = false;
  addresses: readonly string[] = [];
  /** The error code of c-ares, if the query failed. */
  code: string | undefined;
  /** Resolves when there is an answer. Never rejects. */
  readonly answered: Promise<void>;

  constructor(answer: Promise<string[]>) {
    this.answered = answer.then(
      (addresses) => {
        this.addresses = addresses;
        this.isAnswered = true;
      },
      (error: unknown) => {
        this.code = (error as NodeJS.ErrnoException).code ?? "EUNKNOWN";
        this.isAnswered = true;
      },
    );
  }
}

/** Resolves as soon as one query has addresses, or both are answered. */
async function firstWithAddresses(...both: readonly Query[]): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const one of both) {
      void one.answered.then(() => {
        if (one.addresses.length > 0 || both.every(({ isAnswered }) => isAnswered)) resolve();
      });
    }
  });
}

async function settledWithin(query: Query, delayMs: number, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(delayMs, resolve);
    void query.answered.then(() => {
      timer.cancel();
      resolve();
    });
  });
}

function noAddress(name: string, family: Family, codes: readonly (string | undefined)[]): NetError {
  if (codes.includes("ESERVFAIL"))
    return resolveError("ESERVFAIL", name, "the name server could not resolve the name (SERVFAIL)");
  if (codes.includes("ETIMEOUT"))
    return resolveError("ERR_RESOLVE_TIMEOUT", name, "the name server did not answer", "resolveTimeoutMs");
  // c-ares sends no query for an invalid name.
  if (codes.includes("EBADNAME"))
    return resolveError(
      "ENOTFOUND",
      name,
      "no such name: a label is empty or too long, or contains an invalid character",
    );
  const known = ["ENOTFOUND", "ENODATA", undefined];
  const failed = codes.find((code) => !known.includes(code));
  if (failed !== undefined) return resolveError("EAI_AGAIN", name, `no name server answered (${failed})`);
  const happened = codes.includes("ENOTFOUND")
    ? "no such name"
    : `the name has no ${family === undefined ? "" : `IPv${family} `}address`;
  return resolveError("ENOTFOUND", name, happened);
}
