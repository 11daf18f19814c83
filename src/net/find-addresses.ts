/**
 * The addresses of a host, in the order in which they are to be tried: the stage
 * `resolve` of whoever goes to a peer, with its deadline and its events.
 */
import { tcpAddress, type TcpAddress } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import { NetError } from "../base/errors.ts";
import { tell, type Observers } from "../base/events.ts";
import { ipFamily } from "../base/ip.ts";
import { deadlineSignal } from "./deadline-signal.ts";
import { interleave } from "./race.ts";
import { resolveError, resolverFailure, type Family, type Resolver } from "./resolve.ts";
import { stageTime } from "./stage-time.ts";

export interface LookupSettings extends Pick<Observers, "onEvent"> {
  readonly family: Family;
  readonly resolver: Resolver;
  readonly resolveTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/**
 * Finds them by no later than `untilMs`, and tells of it; for an address there is nothing to find.
 *
 * @throws {NetError} with stage `resolve`.
 */
export async function findAddresses(
  host: string,
  port: number,
  settings: LookupSettings,
  untilMs: number = Infinity,
): Promise<readonly TcpAddress[]> {
  if (ipFamily(host) !== undefined && settings.family === undefined) return [tcpAddress(host, port)];
  const { clock, onEvent } = settings;
  const time = stageTime("resolveTimeoutMs", settings, untilMs);
  const beganMs = clock.now();
  tell(onEvent, { type: "resolveStarted", atMs: beganMs, host });
  const deadline = deadlineSignal(clock, time.ms, settings.signal);
  try {
    const addresses = await deadline.race(settings.resolver(host, settings.family, deadline.signal));
    if (addresses.length === 0) throw resolveError("ENOTFOUND", host, "the name has no address");
    const durationMs = clock.now() - beganMs;
    tell(onEvent, { type: "resolved", atMs: clock.now(), host, addresses, durationMs });
    return interleave(addresses.map((address) => tcpAddress(address, port)));
  } catch (thrown) {
    const error =
      deadline.outcome() === "late"
        ? resolveError("ERR_RESOLVE_TIMEOUT", host, `no answer in ${time.ms} ms`, time.option)
        : deadline.outcome() === "aborted"
          ? resolveError("ERR_ABORTED", host, "given up by the caller", "signal", settings.signal?.reason)
          : resolverFailure(thrown, host);
    if (error instanceof NetError) {
      const durationMs = clock.now() - beganMs;
      tell(onEvent, { type: "resolveFailed", atMs: clock.now(), host, error, durationMs });
    }
    throw error;
  } finally {
    deadline.release();
  }
}
