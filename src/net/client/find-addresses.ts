/** The addresses of a host, in the order of attempts: the stage `resolve`, with its timeout and events. */
import { tcpAddress, type TcpAddress } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { emit, type Observers } from "../../base/events.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { limits } from "../../base/limits.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { partsOf, resolveError, resolverFailure, type Family, type Resolver } from "../dns/resolver.ts";
import { interleave } from "./happy-eyeballs.ts";
import { stageTime } from "../timing/stage-time.ts";

export interface LookupSettings extends Pick<Observers, "onEvent"> {
  readonly family: Family;
  readonly resolver: Resolver;
  readonly resolveTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** The result of name resolution so far. */
export interface FoundAddresses {
  readonly addresses: readonly TcpAddress[];
  /** Addresses that arrive later, from a resolver that answers in parts. */
  readonly late: AsyncIterator<readonly TcpAddress[]> | undefined;
  /** Number of addresses found beyond the limit of attempts (`addressesMax`). */
  readonly leftOut: number;
  cancel(): void;
}

/**
 * Resolves the first addresses, by `untilMs` at the latest. An IP address needs no resolution.
 *
 * @throws {NetError} with stage `resolve`.
 */
export async function findAddresses(
  host: string,
  port: number,
  settings: LookupSettings,
  untilMs: number = Infinity,
): Promise<readonly TcpAddress[]> {
  const found = await startLookup(host, port, settings, untilMs);
  found.cancel();
  return found.addresses;
}

/**
 * The same, and continues until `cancel` for addresses that arrive later.
 *
 * @throws {NetError} with stage `resolve`; then nothing continues.
 */
export async function startLookup(
  host: string,
  port: number,
  settings: LookupSettings,
  untilMs: number,
): Promise<FoundAddresses> {
  if (ipFamily(host) !== undefined && settings.family === undefined) {
    return { addresses: [tcpAddress(host, port)], late: undefined, leftOut: 0, cancel() {} };
  }
  const { clock, onEvent } = settings;
  const time = stageTime("resolveTimeoutMs", settings, untilMs);
  const beganMs = clock.now();
  emit(onEvent, { type: "resolveStarted", atMs: beganMs, host });
  const deadline = deadlineSignal(clock, time.ms, settings.signal);
  const kept = new KeptAddresses(port);
  const found = (addresses: readonly string[]): readonly TcpAddress[] => {
    const fresh = kept.take(addresses);
    emit(onEvent, {
      type: "resolved",
      atMs: clock.now(),
      host,
      addresses,
      durationMs: clock.now() - beganMs,
    });
    return fresh;
  };
  try {
    const answer = settings.resolver(host, settings.family, deadline.signal);
    const parts = Symbol.asyncIterator in answer ? partsOf(answer) : undefined;
    const first =
      parts === undefined
        ? await deadline.race(answer as Promise<readonly string[]>)
        : (await deadline.race(parts.next())).value;
    if (first === undefined || first.length === 0)
      throw resolveError("ENOTFOUND", host, "the name has no address");
    const addresses = found(first);
    if (parts === undefined) deadline.release();
    return {
      addresses,
      late: parts && later(parts, found),
      get leftOut() {
        return kept.leftOut;
      },
      cancel: () => (parts === undefined ? undefined : deadline.cancel()),
    };
  } catch (thrown) {
    deadline.release();
    const error =
      deadline.outcome() === "late"
        ? resolveError("ERR_RESOLVE_TIMEOUT", host, `no answer in ${time.ms} ms`, time.option)
        : deadline.outcome() === "aborted"
          ? resolveError("ERR_ABORTED", host, "aborted by the caller", "signal", settings.signal?.reason)
          : resolverFailure(thrown, host);
    if (error instanceof NetError) {
      const durationMs = clock.now() - beganMs;
      emit(onEvent, { type: "resolveFailed", atMs: clock.now(), host, error, durationMs });
    }
    throw error;
  }
}

async function* later(
  parts: AsyncGenerator<readonly string[], void>,
  found: (addresses: readonly string[]) => readonly TcpAddress[],
): AsyncGenerator<readonly TcpAddress[], void> {
  for await (const addresses of parts) yield found(addresses);
}

/** The addresses to attempt, without duplicates, at most `addressesMax`. */
class KeptAddresses {
  leftOut = 0;
  readonly #port: number;
  readonly #known = new Set<string>();
  #room = limits.addressesMax.value;

  constructor(port: number) {
    this.#port = port;
  }

  /** The new ones, with the families in turn. */
  take(addresses: readonly string[]): readonly TcpAddress[] {
    const fresh: TcpAddress[] = [];
    for (const address of addresses) {
      const one = tcpAddress(address, this.#port);
      if (this.#known.has(one.host)) continue;
      this.#known.add(one.host);
      fresh.push(one);
    }
    const taken = interleave(fresh).slice(0, this.#room);
    this.#room -= taken.length;
    this.leftOut += fresh.length - taken.length;
    return taken;
  }
}
