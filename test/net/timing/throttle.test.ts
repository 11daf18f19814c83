import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../src/base/clock.ts";
import { Throttle } from "../../../src/net/timing/throttle.ts";
import { FakeClock } from "../../../src/testing/index.ts";

/** A clock whose time can pass before its timers fire, as in a program that was busy. */
function lateClock(): { readonly clock: Clock; readonly timers: FakeClock; pass: (ms: number) => void } {
  const timers = new FakeClock();
  let aheadMs = 0;
  return {
    clock: { now: () => timers.now() + aheadMs, after: (ms, fire) => timers.after(ms, fire) },
    timers,
    pass: (ms) => void (aheadMs += ms),
  };
}

test("more is called after a grant of fewer bytes than wanted", () => {
  const { clock, timers } = lateClock();
  let calls = 0;
  const throttle = new Throttle(1_000, clock, () => calls++);
  assert.equal(throttle.grant(50), 20);
  timers.advance(1_000);
  assert.equal(calls, 1);
});

test("more is not called once everything wanted has been granted", () => {
  const { clock, timers, pass } = lateClock();
  let calls = 0;
  const throttle = new Throttle(1_000, clock, () => calls++);
  assert.equal(throttle.grant(50), 20);
  pass(60);
  assert.equal(throttle.grant(30), 30);
  timers.advance(1_000);
  assert.equal(calls, 0);
});
