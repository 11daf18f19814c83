/** The timer heap, checked against a simple list. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { TimerHeap, type HeapTimer } from "../../../src/net/timing/timer-heap.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { turnsUntil } from "../../support/turns.ts";

/** An entry that knows when it should be called. */
class Entry implements HeapTimer {
  slot = -1;
  askAtMs = Infinity;
  expectedAtMs = Infinity;
  /** Its results, call by call: a number of milliseconds later, or not again. */
  readonly answers: number[] = [];
  asked = 0;

  reached(nowMs: number): number {
    this.asked++;
    assert.ok(this.expectedAtMs <= nowMs, `asked at ${nowMs}, and it was to be at ${this.expectedAtMs}`);
    const answer = this.answers.shift() ?? Infinity;
    this.expectedAtMs = nowMs + answer;
    return this.expectedAtMs;
  }
}

const entry = fc.nat(39);
// Halves, because the system clock does not return whole milliseconds either.
const duration = fc.nat(200).map((halves) => halves / 2);
// Late, but not so late that the heap polls first.
const lateness = fc.nat(19);
const step = fc.oneof(
  fc.record({ type: fc.constant("jump" as const), ms: lateness }),
  fc.record({ type: fc.constant("noLaterThan" as const), entry, inMs: duration }),
  fc.record({ type: fc.constant("remove" as const), entry }),
  fc.record({ type: fc.constant("pass" as const), ms: duration }),
  fc.record({ type: fc.constant("answer" as const), entry, inMs: duration.map((ms) => ms + 0.5) }),
);

test("asks each in its time, never too early, never one that was removed, and sets one timer for all", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 250 }), (steps) => {
      const clock = new FakeClock();
      const deadlines = new TimerHeap(clock);
      const entries = Array.from({ length: 40 }, () => new Entry());
      for (const one of steps) {
        if (one.type === "pass") {
          clock.advance(one.ms);
        } else if (one.type === "jump") {
          clock.jump(one.ms);
        } else {
          const chosen = entries[one.entry] as Entry;
          if (one.type === "remove") {
            deadlines.remove(chosen);
            chosen.expectedAtMs = Infinity;
          } else if (one.type === "answer") {
            chosen.answers.push(one.inMs);
          } else {
            const atMs = clock.now() + one.inMs;
            deadlines.noLaterThan(chosen, atMs);
            chosen.expectedAtMs = Math.min(chosen.expectedAtMs, atMs);
          }
        }
        const waiting = entries.filter(({ expectedAtMs }) => expectedAtMs !== Infinity);
        assert.equal(deadlines.size, waiting.length);
        assert.equal(clock.timers, waiting.length > 0 ? 1 : 0);
        for (const { expectedAtMs } of waiting) {
          // A timer counts whole milliseconds, and at least one.
          assert.ok(clock.now() - expectedAtMs < 1.5, `${clock.now()} and no call since ${expectedAtMs}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("calls in the right order, after any removals", () => {
  const due = fc.array(fc.nat(1000), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(due, fc.array(fc.nat(59), { maxLength: 30 }), (dueMs, removed) => {
      const clock = new FakeClock();
      const deadlines = new TimerHeap(clock);
      const entries = dueMs.map((ms) => Object.assign(new Entry(), { expectedAtMs: ms + 1 }));
      for (const one of entries) deadlines.noLaterThan(one, one.expectedAtMs);
      for (const index of removed) {
        const one = entries[index % entries.length] as Entry;
        deadlines.remove(one);
        one.expectedAtMs = Infinity;
      }
      while (deadlines.size > 0) {
        clock.advance(1);
        for (const { expectedAtMs } of entries) assert.ok(expectedAtMs > clock.now());
      }
    }),
    { numRuns: 100 },
  );
});

test("asks entries that are due together, in any number, each once", () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const entries = Array.from({ length: 1000 }, () => new Entry());
  for (const [index, one] of entries.entries()) {
    one.expectedAtMs = (index * 7) % 100;
    deadlines.noLaterThan(one, one.expectedAtMs);
  }
  clock.advance(100);
  assert.deepEqual(new Set(entries.map(({ asked }) => asked)), new Set([1]));
  assert.equal(deadlines.size, 0);
  assert.equal(clock.timers, 0);
});

test("can be changed by the entry that is asked", () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const other = new Entry();
  const meddler: HeapTimer = {
    slot: -1,
    askAtMs: Infinity,
    reached(nowMs) {
      deadlines.remove(other);
      other.expectedAtMs = Infinity;
      deadlines.noLaterThan(meddler, nowMs + 30);
      return nowMs + 20;
    },
  };
  deadlines.noLaterThan(other, 10);
  other.expectedAtMs = 10;
  deadlines.noLaterThan(meddler, 5);
  clock.advance(24);
  assert.equal(other.asked, 0);
  assert.equal(meddler.askAtMs, 25);
});

test("waits longer than any timer can count", () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const patient = new Entry();
  patient.expectedAtMs = 5_000_000_000;
  deadlines.noLaterThan(patient, patient.expectedAtMs);
  clock.advance(4_999_999_999);
  assert.equal(patient.asked, 0);
  clock.advance(1);
  assert.equal(patient.asked, 1);
});

test("F38: a timer that fires much too late lets the loop poll before any entry is asked", async () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const [first, second, third] = [new Entry(), new Entry(), new Entry()];
  for (const [entryIn, ms] of [
    [first, 10],
    [second, 20],
    [third, 5000],
  ] as const) {
    entryIn.expectedAtMs = ms;
    deadlines.noLaterThan(entryIn, ms);
  }
  clock.jump(1000);
  assert.deepEqual([first.asked, second.asked], [0, 0]);
  deadlines.remove(first);
  await turnsUntil(() => second.asked === 1);
  assert.deepEqual([first.asked, third.asked], [0, 0]);
  assert.equal(clock.timers, 1);
  clock.advance(4000);
  assert.equal(third.asked, 1);
  assert.equal(clock.timers, 0);
});

test("F38: an entry added while the loop polls is called in time", async () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const [gone, added] = [new Entry(), new Entry()];
  gone.expectedAtMs = 10;
  deadlines.noLaterThan(gone, 10);
  clock.jump(1000);
  deadlines.remove(gone);
  added.expectedAtMs = 1500;
  deadlines.noLaterThan(added, 1500);
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(clock.timers, 1);
  clock.advance(500);
  assert.equal(added.asked, 1);
});

test("F9: of many entries that are due at once, each turn asks a few, and all are asked soon", () => {
  const clock = new FakeClock();
  const deadlines = new TimerHeap(clock);
  const crowd = Array.from({ length: 1_000 }, () => new Entry());
  for (const one of crowd) {
    one.expectedAtMs = 10;
    deadlines.noLaterThan(one, 10);
  }
  const asked = (): number => crowd.filter((one) => one.asked > 0).length;
  clock.advance(10);
  const atOnce = asked();
  assert.ok(atOnce > 0 && atOnce <= 100, `${atOnce} in one turn`);
  clock.advance(1);
  assert.ok(asked() > atOnce && asked() <= 2 * atOnce);
  clock.advance(100);
  assert.equal(asked(), 1_000);
});
