/**
 * Connecting to a host with several addresses, in parallel: Happy Eyeballs
 * (RFC 8305, sections 4 and 5).
 *
 * Each address gets a head start over the next; none is given up because another
 * was begun. The first that connects wins, the others are closed; if none does,
 * every one of them is reported. Knows no names and no deadline.
 */
import { formatAddress, type TcpAddress, type UnixAddress } from "../base/address.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Attempt } from "../base/errors.ts";
import { WireError, type Wire } from "../wire/index.ts";

export interface RaceParts {
  readonly addresses: readonly (TcpAddress | UnixAddress)[];
  /** Connects to one address, or rejects with a `WireError`. */
  readonly attempt: (address: TcpAddress | UnixAddress, signal: AbortSignal) => Promise<Wire>;
  readonly attemptDelayMs: number;
  readonly clock: Clock;
  /** Ends the race without a winner. */
  readonly signal: AbortSignal;
  readonly started: (address: string) => void;
  readonly ended: (attempt: Attempt) => void;
}

/** What came of a race; no wire if all failed, or the signal ended it. */
export interface RaceResult {
  readonly wire: Wire | undefined;
  /** All that were begun, in that order. */
  readonly attempts: readonly Attempt[];
}

/** Families taken in turn, beginning with the first one's (RFC 8305, section 4). */
export function interleave<Place extends { readonly family: string }>(addresses: readonly Place[]): Place[] {
  const first = addresses.filter((one) => one.family === addresses[0]?.family);
  const others = addresses.filter((one) => one.family !== addresses[0]?.family);
  const order: Place[] = [];
  for (let index = 0; index < Math.max(first.length, others.length); index++) {
    order.push(...first.slice(index, index + 1), ...others.slice(index, index + 1));
  }
  return order;
}

export function race(parts: RaceParts): Promise<RaceResult> {
  const { addresses, attemptDelayMs, clock, signal } = parts;
  const beganMs = clock.now();
  const attempts: Attempt[] = [];
  /** Places in `attempts` of those under way. */
  const running = new Set<number>();
  const losers = new AbortController();
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
      timer?.cancel();
      signal.removeEventListener("abort", gaveUp);
      for (const place of running) report(place, "abandoned");
      losers.abort();
      resolve({ wire, attempts });
    };
    const gaveUp = (): void => {
      finish(undefined);
    };

    const startNext = (): void => {
      timer?.cancel();
      const address = addresses[attempts.length];
      if (address === undefined) {
        if (running.size === 0) finish(undefined);
        return;
      }
      void run(address);
      if (attempts.length === addresses.length || attemptDelayMs === Infinity) return;
      timer = clock.after(attemptDelayMs, startNext);
    };

    const run = async (address: TcpAddress | UnixAddress): Promise<void> => {
      const name = formatAddress(address);
      const place = attempts.length;
      attempts.push({ address: name, startedMs: clock.now() - beganMs, durationMs: 0, outcome: "abandoned" });
      running.add(place);
      parts.started(name);
      try {
        const wire = await parts.attempt(address, losers.signal);
        if (losers.signal.aborted) {
          wire.abort();
          return;
        }
        report(place, "connected");
        finish(wire);
      } catch (error) {
        if (losers.signal.aborted) return;
        report(place, error instanceof WireError ? error.code : "EUNKNOWN");
        startNext();
      }
    };

    if (signal.aborted) {
      gaveUp();
      return;
    }
    signal.addEventListener("abort", gaveUp, { once: true });
    startNext();
  });
}
