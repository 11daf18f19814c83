/** How long a quiet stdin is waited for after the peer's end, on a clock that is set by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QuietStdin } from "../../../src/cli/session/quiet-stdin.ts";
import { FakeClock } from "../../../src/testing/index.ts";

function quietStdin(): { clock: FakeClock; waiting: QuietStdin } {
  const clock = new FakeClock();
  return { clock, waiting: new QuietStdin(clock, 2_000) };
}

describe("QuietStdin", () => {
  test("is over when stdin gives nothing for that time after the peer's end", async () => {
    const { clock, waiting } = quietStdin();
    waiting.inputAwaited();
    clock.advance(60_000);
    assert.equal(waiting.isOver, false, "the peer has not ended");
    waiting.peerEnded();
    clock.advance(1_999);
    assert.equal(waiting.isOver, false);
    clock.advance(1);
    assert.equal(waiting.isOver, true);
    await waiting.over;
  });

  test("begins anew with each piece of stdin, and does not run while one is sent", () => {
    const { clock, waiting } = quietStdin();
    waiting.peerEnded();
    waiting.inputAwaited();
    for (let piece = 0; piece < 3; piece++) {
      clock.advance(1_999);
      waiting.inputArrived();
      // The peer takes its time.
      clock.advance(60_000);
      waiting.inputAwaited();
    }
    assert.equal(waiting.isOver, false);
    clock.advance(2_000);
    assert.equal(waiting.isOver, true);
  });

  test("leaves no timer when it is stopped, or stdin has ended", () => {
    const { clock, waiting } = quietStdin();
    waiting.inputAwaited();
    waiting.peerEnded();
    waiting.inputArrived();
    assert.equal(clock.timers, 0);
    waiting.inputAwaited();
    waiting.stop();
    assert.equal(clock.timers, 0);
  });
});
