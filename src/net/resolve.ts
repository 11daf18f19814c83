/**
 * Names into addresses.
 *
 * In this order: an address stands for itself; the hosts file; the name servers,
 * A and AAAA at the same time; and where they know nothing, the system's own
 * look-up, which knows search domains, mDNS and the like. The name servers are
 * asked with c-ares, not by `getaddrinfo`: that one occupies a thread of the pool
 * until it has given up, so that two dead names would hold up every other (F17,
 * F44), and it tells a silent name server and a broken one apart from nothing.
 */
import dns from "node:dns";
import type { Clock } from "../base/clock.ts";
import { NetError, type ErrorCode } from "../base/errors.ts";
import { ipFamily } from "../base/ip.ts";
import { quote } from "../base/quote.ts";
import { lookUpHostsFile } from "./hosts-file.ts";

/** Which addresses are wanted. */
export type Family = 4 | 6 | undefined;

/**
 * Finds the addresses of a name, IPv4 and IPv6 literals, best first.
 *
 * @throws {NetError} (rejects) with stage `resolve`; `signal.reason` if aborted.
 */
export type Resolver = (name: string, family: Family, signal: AbortSignal) => Promise<readonly string[]>;

/** How long the one answer waits for the other (RFC 8305, section 3). */
const resolutionDelayMs = 50;

/** A resolver for this machine. */
export function createSystemResolver(clock: Clock): Resolver {
  return async (name, family, signal) => {
    const fits = (address: string): boolean =>
      family === undefined || ipFamily(address) === (family === 4 ? "ipv4" : "ipv6");
    if (ipFamily(name) !== undefined) return only([name], fits, name, family);
    const local = await lookUpHostsFile(name);
    if (local.length > 0) return only(local, fits, name, family);
    if (isLocalhost(name)) return ["::1", "127.0.0.1"].filter(fits);
    return askNameServers(name, family, signal, clock);
  };
}

/** RFC 6761, section 6.3: these names never leave the machine. */
function isLocalhost(name: string): boolean {
  return /(^|\.)localhost\.?$/i.test(name);
}

function only(
  addresses: readonly string[],
  fits: (address: string) => boolean,
  name: string,
  family: Family,
): readonly string[] {
  const fitting = addresses.filter(fits);
  if (fitting.length > 0) return fitting;
  const wrong = `${addresses.join(", ")} is not an IPv${family ?? "4 or IPv6"} address`;
  throw resolveError(
    "ENOTFOUND",
    name,
    ipFamily(name) === undefined
      ? `has only ${addresses.join(", ")}, and IPv${family ?? ""} was asked for`
      : wrong,
  );
}

async function askNameServers(
  name: string,
  family: Family,
  signal: AbortSignal,
  clock: Clock,
): Promise<readonly string[]> {
  const resolver = new dns.promises.Resolver({ timeout: 2_000, tries: 4 });
  const cancel = (): void => {
    resolver.cancel();
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const ipv6 = family === 4 ? notAsked() : answer(resolver.resolve6(name));
    const ipv4 = family === 6 ? notAsked() : answer(resolver.resolve4(name));
    await firstWithAddresses([ipv6, ipv4]);
    const answers = await Promise.all([ipv6, ipv4].map((one) => within(one, resolutionDelayMs, clock)));
    signal.throwIfAborted();
    const addresses = answers.flatMap((one) => one.addresses);
    if (addresses.length > 0) return addresses;
    return await explain(name, family, answers);
  } finally {
    signal.removeEventListener("abort", cancel);
    // A question that nobody waits for any more would keep the process alive.
    cancel();
  }
}

/** What came of one question. */
interface Answer {
  readonly addresses: readonly string[];
  /** c-ares' name for why there are none; `undefined` if nobody asked. */
  readonly code: string | undefined;
}

function notAsked(): Promise<Answer> {
  return Promise.resolve({ addresses: [], code: undefined });
}

function answer(question: Promise<string[]>): Promise<Answer> {
  return question.then(
    (addresses) => ({ addresses, code: undefined }),
    (error: unknown) => ({ addresses: [], code: (error as NodeJS.ErrnoException).code ?? "EUNKNOWN" }),
  );
}

/** Resolves as soon as one of them has addresses, or when all are there. */
async function firstWithAddresses(questions: readonly Promise<Answer>[]): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const question of questions) {
      void question.then((one) => {
        if (one.addresses.length > 0) resolve();
      });
    }
    void Promise.all(questions).then(() => resolve());
  });
}

/** The answer if it comes in time, else none. */
function within(question: Promise<Answer>, delayMs: number, clock: Clock): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = clock.after(delayMs, () => {
      resolve({ addresses: [], code: undefined });
    });
    void question.then((one) => {
      timer.cancel();
      resolve(one);
    });
  });
}

/**
 * No address came: asks the system, which may know more than the name servers, or says
 * why. A stub on the machine itself may answer SERVFAIL for a name without dots that
 * the system finds all the same; where nobody answers, the system would wait in vain too.
 */
async function explain(name: string, family: Family, answers: readonly Answer[]): Promise<readonly string[]> {
  const codes = answers.map((one) => one.code);
  const failed = codes.includes("ESERVFAIL");
  if (codes.includes("ETIMEOUT") && !failed) {
    throw resolveError("ERR_RESOLVE_TIMEOUT", name, "the name server did not answer", "resolveTimeoutMs");
  }
  try {
    const found = await dns.promises.lookup(name, { all: true, family: family ?? 0, verbatim: true });
    return found.map((one) => one.address);
  } catch (error) {
    if (failed) {
      const happened = "the name server failed to find out (SERVFAIL)";
      throw resolveError("ESERVFAIL", name, happened, undefined, error);
    }
    const code = (error as NodeJS.ErrnoException).code ?? "EUNKNOWN";
    if (code !== "ENOTFOUND") {
      throw resolveError("EAI_AGAIN", name, `no name server could be asked (${code})`, undefined, error);
    }
    const happened = codes.includes("ENODATA")
      ? `the name has no ${family === undefined ? "" : `IPv${family} `}address`
      : "no such name";
    throw resolveError("ENOTFOUND", name, happened, undefined, error);
  }
}

/** What somebody's resolver threw, as an error of the stage `resolve`; a mistake of the caller stays one. */
export function resolverFailure(thrown: unknown, name: string): Error {
  if (thrown instanceof NetError || thrown instanceof TypeError) return thrown;
  const { code, message = String(thrown) } = Object(thrown) as Partial<NodeJS.ErrnoException>;
  return resolveError(code ?? "EAI_AGAIN", name, `the resolver failed: ${message}`, undefined, thrown);
}

/** An error of the stage `resolve`. */
export function resolveError(
  code: ErrorCode,
  name: string,
  happened: string,
  option?: string,
  cause?: unknown,
): NetError {
  const address = /^[\w.:-]+$/.test(name) ? name : quote(name);
  return new NetError({ code, stage: "resolve", address, happened, option, cause });
}
