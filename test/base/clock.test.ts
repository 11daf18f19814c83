/** The machine's clock, and the one that tests set by hand. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
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
      // Its timers keep nobody waiting; this one keeps the test.
      setTimeout(() => undefined, 50);
    });
    // The event loop counts whole milliseconds, and may have begun in the middle of one.
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

  test("refuses what the machine's could not count to", () => {
    assert.throws(() => new FakeClock().after(Infinity, () => undefined), RangeError);
  });
});
