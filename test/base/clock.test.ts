/** The system clock, and the fake clock of tests. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test, type TestContext } from "node:test";
import { systemClock, type Timer } from "../../src/base/clock.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";

describe("the machine's clock", () => {
  test("never goes back", () => {
    let last = systemClock.now();
    for (let count = 0; count < 1000; count++) {
      const now = systemClock.now();
      assert.ok(now >= last);
      last = now;
    }
  });

  test("fires once, and not a whole millisecond before its time", async () => {
    const began = systemClock.now();
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
      // The clock's timer does not keep the process alive; this one keeps the test alive.
      setTimeout(() => undefined, 50);
    });
    // The event loop counts whole milliseconds, and may have started in the middle of one.
    assert.ok(systemClock.now() - began >= 4);
  });

  test("does not fire a timer that was cancelled, whenever that was", async () => {
    const timer = systemClock.after(1, () => assert.fail("fired"));
    timer.cancel();
    await new Promise((resolve) => setTimeout(resolve, 3));
    timer.cancel();
  });

  test("keeps no process alive", () => {
    const module = new URL("../../src/base/clock.js", import.meta.url).href;
    const program = `import { systemClock } from ${JSON.stringify(module)}; systemClock.after(600_000, () => {});`;
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
  });
});

/** Node's timers on a fake clock: a delay beyond their range fires at once, as with the real ones. */
function nodeTimers(t: TestContext): FakeClock {
  const clock = new FakeClock();
  t.mock.method(globalThis, "setTimeout", (fire: () => void, delayMs: number) => ({
    ...clock.after(delayMs > 0x7fffffff ? 1 : delayMs, fire),
    unref: () => undefined,
  }));
  t.mock.method(globalThis, "clearTimeout", (timer: Timer) => {
    timer.cancel();
  });
  return clock;
}

describe("the machine's clock, beyond what Node's timers count", () => {
  const month = 31 * 24 * 3_600_000;

  test("fires after a month, and not before", (t) => {
    const timers = nodeTimers(t);
    let fired = 0;
    systemClock.after(month, () => fired++);
    timers.advance(month - 1);
    assert.equal(fired, 0);
    timers.advance(1);
    assert.equal(fired, 1);
    timers.advance(month);
    assert.equal(fired, 1);
  });

  test("does not fire what is cancelled in its second half", (t) => {
    const timers = nodeTimers(t);
    const timer = systemClock.after(month, () => assert.fail("fired"));
    timers.advance(month - 1);
    timer.cancel();
    timers.advance(month);
  });

  test("never fires what is never due", (t) => {
    const timers = nodeTimers(t);
    const timer = systemClock.after(Infinity, () => assert.fail("fired"));
    timers.advance(3 * month);
    timer.cancel();
  });
});

describe("the clock set by hand", () => {
  test("fires what is due, each at its own time, the earliest first", () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const set = (name: string, delayMs: number) =>
      clock.after(delayMs, () => fired.push(`${name} ${clock.now()}`));
    set("late", 30);
    set("early", 10);
    set("same", 10);
    set("cancelled", 5).cancel();
    set("never", 31);
    assert.equal(clock.nextDueMs, 10);
    clock.advance(30);
    assert.deepEqual(fired, ["early 10", "same 10", "late 30"]);
    assert.deepEqual([clock.now(), clock.timers], [30, 1]);
  });

  test("fires what is set while it moves on, if that is due by then", () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    assert.deepEqual(fired, [10, 20, 30]);
  });

  test("never fires what is never due, as the machine's", () => {
    const clock = new FakeClock();
    clock.after(Infinity, () => assert.fail("fired"));
    clock.after(5_000_000_000, () => undefined);
    clock.advance(5_000_000_000);
    assert.deepEqual([clock.nextDueMs, clock.timers], [Infinity, 1]);
  });
});
