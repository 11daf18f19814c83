/**
 * Parallel connecting to several addresses of a host: Happy Eyeballs (RFC 8305, sections 4 and 5).
 *
 * Each address gets a head start over the next. An attempt continues when the next one begins. The first
 * that connects wins, and the others are closed. If all fail, every attempt is reported. Does not resolve
 * names, and has no timeout.
 */
import { onAbort } from "../../base/abort.ts";
import {
  formatAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Attempt } from "../../base/errors.ts";
import { WireError, type Wire } from "../../wire/index.ts";
import { newAbortController } from "../timing/abort-controller.ts";

type Endpoint = TcpAddress | UnixAddress;

export interface HappyEyeballsParts {
  readonly addresses: readonly Endpoint[];
  /** Addresses that arrive later. While more may arrive, connecting has not failed. */
  readonly late?: AsyncIterator<readonly Endpoint[]> | undefined;
  /** Connects to one address, or rejects with a `WireError`. */
  readonly attempt: (address: Endpoint, signal: AbortSignal) => Promise<Wire>;
  readonly attemptDelayMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly started: (address: string) => void;
  readonly ended: (attempt: Attempt) => void;
}

/** The result; without a wire if all attempts failed, or the signal fired. */
export interface HappyEyeballsResult {
  readonly wire: Wire | undefined;
  /** All attempts, in the order in which they began. */
  readonly attempts: readonly Attempt[];
}

/** Families in turn (RFC 8305, section 4), beginning with the first address's, or with one other than `before`. */
export function interleave<One extends { readonly family: Address["family"] }>(
  addresses: readonly One[],
  before?: Address["family"],
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
  /** Addresses without an attempt yet. */
  const waiting = [...addresses];
  let moreMayCome = late !== undefined;
  let over = false;
  let last: { readonly family: Address["family"] | undefined; readonly beganMs: number } = {
    family: undefined,
    beganMs,
  };
  const attempts: Attempt[] = [];
  /** Indexes in `attempts` of those in progress. */
  const running = new Set<number>();
  // With a single address, the signal that ends everything is enough for its attempt.
  const losers = addresses.length === 1 && late === undefined ? undefined : newAbortController();
  let timer: Timer | undefined;

  return new Promise((resolve) => {
    const report = (index: number, outcome: Attempt["outcome"]): void => {
      running.delete(index);
      const begun = attempts[index] as Attempt;
      const ended = { ...begun, durationMs: clock.now() - beganMs - begun.startedMs, outcome };
      attempts[index] = ended;
      parts.ended(ended);
    };

    const finish = (wire: Wire | undefined): void => {
      over = true;
      timer?.cancel();
      stopListening();
      const areLosers = running.size > 0;
      for (const index of running) report(index, "abandoned");
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

    /** Addresses of the other family than the previous attempt come first (RFC 8305, section 3). */
    const join = (more: readonly Endpoint[]): void => {
      if (over) return;
      waiting.splice(0, waiting.length, ...interleave([...waiting, ...more], last.family));
      if (running.size === 0) startNext();
      else startNextIn(attemptDelayMs - (clock.now() - last.beganMs));
    };

    const takeLate = async (from: AsyncIterator<readonly Endpoint[]>): Promise<void> => {
      try {
        for (let next = await from.next(); next.done !== true; next = await from.next()) join(next.value);
      } catch {
        // Continue with the addresses known so far.
      }
      moreMayCome = false;
      if (!over && running.size === 0 && waiting.length === 0) finish(undefined);
    };

    const run = async (address: Endpoint): Promise<void> => {
      const name = formatAddress(address);
      const index = attempts.length;
      attempts.push({ address: name, startedMs: clock.now() - beganMs, durationMs: 0, outcome: "abandoned" });
      running.add(index);
      parts.started(name);
      try {
        const wire = await parts.attempt(address, losers?.signal ?? signal);
        if (over) {
          wire.abort();
          return;
        }
        report(index, "connected");
        finish(wire);
      } catch (error) {
        if (over) return;
        report(index, error instanceof WireError ? error.code : "EUNKNOWN");
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
