/** Name resolution: the contract of a resolver, and its errors. */
import { NetError, type ErrorCode } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { quote } from "../../base/text/quote.ts";

/** The wanted address family: IPv4, IPv6 or both. */
export type Family = 4 | 6 | undefined;

/**
 * Resolves a name to IPv4 and IPv6 addresses, best first.
 *
 * A promise is the complete answer. An async iterable may yield several parts: `connect` starts with the first one and
 * adds later addresses to the attempts in progress (RFC 8305, section 3). `connectUdp`, `serve` and `bindUdp` use only
 * the first part. The signal is aborted as soon as no more addresses are needed.
 *
 * @throws {NetError} (rejects) with stage `resolve`; `signal.reason` if aborted.
 */
export type Resolver = (
  name: string,
  family: Family,
  signal: AbortSignal,
) => Promise<readonly string[]> | AsyncIterable<readonly string[]>;

/** The parts of an answer, one by one. */
export async function* partsOf(answer: ReturnType<Resolver>): AsyncGenerator<readonly string[], void> {
  if (Symbol.asyncIterator in answer) yield* answer;
  else yield await answer;
}

export async function firstPart(answer: ReturnType<Resolver>): Promise<readonly string[]> {
  if (!(Symbol.asyncIterator in answer)) return answer;
  for await (const addresses of answer) return addresses;
  return [];
}

/** Whether an address is of the wanted family. */
export function isOfFamily(address: string, family: Family): boolean {
  return family === undefined || ipFamily(address) === family;
}

/**
 * The addresses of the wanted family.
 *
 * @throws {NetError} if there are none.
 */
export function ofFamily(addresses: readonly string[], family: Family, name: string): readonly string[] {
  const fitting = addresses.filter((address) => isOfFamily(address, family));
  if (fitting.length > 0) return fitting;
  const known = addresses.join(", ");
  const happened =
    ipFamily(name) === undefined
      ? `the name has no IPv${family ?? ""} address, only ${known}`
      : `${known} is not an IPv${family ?? ""} address`;
  throw resolveError("ENOTFOUND", name, happened);
}

/** An error of a resolver as an error of the stage `resolve`; a `TypeError` stays one. */
export function resolverFailure(thrown: unknown, name: string): Error {
  if (thrown instanceof NetError || thrown instanceof TypeError) return thrown;
  const { code, message = String(thrown) } = Object(thrown) as Partial<NodeJS.ErrnoException>;
  return resolveError(code ?? "EAI_AGAIN", name, `the resolver failed: ${message}`, undefined, thrown);
}

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
