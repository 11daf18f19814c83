/**
 * Connecting to a host with several addresses, in parallel: Happy Eyeballs
 * (RFC 8305, sections 4 and 5).
 *
 * Each address gets a head start over the next; none is given up because another
 * was begun. The first that connects wins, the others are closed; if none does,
 * every one of them is reported. Knows no names and no deadline.
 */
import { onAbort } from "../../base/abort.ts";
import { formatAddress, type TcpAddress, type UnixAddress } from "../../base/address/address.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Attempt } from "../../base/errors.ts";
import { WireError, type Wire } from "../../wire/index.ts";
import { newAbortController } from "../timing/abort-controller.ts";

type Place = TcpAddress | UnixAddress;

export interface HappyEyeballsParts {
  readonly addresses: readonly Place[];
  /** Addresses that join later. While more may come, the race is not lost. */
  readonly late?: AsyncIterator<readonly Place[]> | undefined;
  /** Connects to one address, or rejects with a `WireError`. */
  readonly attempt: (address: Place, signal: AbortSignal) => Promise<Wire>;
  readonly attemptDelayMs: number;
  readonly clock: Clock;
  /** Ends the race without a winner. */
  readonly signal: AbortSignal;
  readonly started: (address: string) => void;
  readonly ended: (attempt: Attempt) => void;
}

/** What came of a race; no wire if all failed, or the signal ended it. */
export interface HappyEyeballsResult {
  readonly wire: Wire | undefined;
  /** All that were begun, in that order. */
  readonly attempts: readonly Attempt[];
}

/** Families taken in turn (RFC 8305, section 4), beginning with the first one's, or with another than `before`. */
export function interleave<One extends { readonly family: string }>(
  addresses: readonly One[],
  before?: string,
): One[] {
  const family = (addresses.find((one) => one.family !== before) ?? addresses[0])?.family;
  const first = addresses.filter((one) => one.family === family);
  const others = addresses.filter((one) => one.family !== family);
  const order: One[] = [];
  for (let index = 0; index < Math.max(first.length, others.length); index++) {
    order.push(...first.slice(index, index + 1), ...others.slice(index, index + 1));
  }
  return order;
}

export function happyEyeballs(parts: HappyEyeballsParts): Promise<HappyEyeballsResult> {
  const { addresses, late, attemptDelayMs, clock, signal } = parts;
  const beganMs = clock.now();
  /** Not begun yet. */
  const waiting = [...addresses];
  let moreMayCome = late !== undefined;
  let over = false;
  let last = { family: "", beganMs };
  const attempts: Attempt[] = [];
  /** Places in `attempts` of those under way. */
  const running = new Set<number>();
  // Where there is one address alone, the signal that ends the race is all that it needs.
  const losers = addresses.length === 1 && late === undefined ? undefined : newAbortController();
  let timer: Timer | undefined;

  return new Promise((resolve) => {
    const report = (place: number, outcome: Attempt["outcome"]): void => {
      running.delete(place);
      const begun = attempts[place] as Attempt;
      const ended = { ...begun, durationMs: clock.now() - beganMs - begun.startedMs, outcome };
      attempts[place] = ended;
      parts.ended(ended);
    };

    const finish = (wire: Wire | undefined): void => {
      over = true;
      timer?.cancel();
      stopListening();
      const areLosers = running.size > 0;
      for (const place of running) report(place, "abandoned");
      if (areLosers) losers?.abort();
      resolve({ wire, attempts });
    };

    const startNext = (): void => {
      timer?.cancel();
      timer = undefined;
      const address = waiting.shift();
      if (address === undefined) {
        if (running.size === 0 && !moreMayCome) finish(undefined);
        return;
      }
      last = { family: address.family, beganMs: clock.now() };
      void run(address);
      startNextIn(attemptDelayMs);
    };

    const startNextIn = (delayMs: number): void => {
      if (waiting.length > 0 && delayMs !== Infinity) timer ??= clock.after(Math.max(0, delayMs), startNext);
    };

    /** Those of the other family than the attempt before come first (RFC 8305, section 3). */
    const join = (more: readonly Place[]): void => {
      if (over) return;
      waiting.splice(0, waiting.length, ...interleave([...waiting, ...more], last.family));
      if (running.size === 0) startNext();
      else startNextIn(attemptDelayMs - (clock.now() - last.beganMs));
    };

    const takeLate = async (from: AsyncIterator<readonly Place[]>): Promise<void> => {
      try {
        for (let next = await from.next(); next.done !== true; next = await from.next()) join(next.value);
      } catch {
        // The addresses that are known decide.
      }
      moreMayCome = false;
      if (!over && running.size === 0 && waiting.length === 0) finish(undefined);
    };

    const run = async (address: Place): Promise<void> => {
      const name = formatAddress(address);
      const place = attempts.length;
      attempts.push({ address: name, startedMs: clock.now() - beganMs, durationMs: 0, outcome: "abandoned" });
      running.add(place);
      parts.started(name);
      try {
        const wire = await parts.attempt(address, losers?.signal ?? signal);
        if (over) {
          wire.abort();
          return;
        }
        report(place, "connected");
        finish(wire);
      } catch (error) {
        if (over) return;
        report(place, error instanceof WireError ? error.code : "EUNKNOWN");
        startNext();
      }
    };

    const stopListening = onAbort(signal, () => finish(undefined));
    if (signal.aborted) {
      finish(undefined);
      return;
    }
    startNext();
    if (late !== undefined) void takeLate(late);
  });
}
