/**
 * Which calls are made to fail, and how: all of them, or a sample.
 */
import { calls, isLie, type Fault } from "./faults.ts";

/** How often each call is made when none fails. */
export type Counts = Readonly<Record<string, number>>;

/** Every call of each kind that a crowd makes, in every way that it can fail. */
export function* everyCase(counts: Counts): Generator<Fault> {
  for (const { name, failures } of calls) {
    for (let number = 1; number <= (counts[name] ?? 0); number++) {
      for (const failure of failures) yield { call: name, number, failure };
    }
  }
}

/** The first calls of each kind, and fewer and fewer of the later ones. Cases that only a timeout ends run once. */
export function* someCases(counts: Counts): Generator<Fault> {
  const lies = new Set<string>();
  for (const fault of everyCase(counts)) {
    const { call, number, failure } = fault;
    if (!early.includes(number)) continue;
    if (isLie(fault) && lies.has(call + failure)) continue;
    if (isLie(fault)) lies.add(call + failure);
    yield fault;
  }
}

const early: readonly number[] = [1, 3, 9, 20];
