/** How long a quiet stdin is waited for after the peer's end, on a clock that is set by hand. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HalfClose } from "../../../src/cli/session/quiet-stdin.ts";
import { FakeClock } from "../../../src/testing/index.ts";

function halfClose(): { clock: FakeClock; half: HalfClose } {
  const clock = new FakeClock();
  return { clock, half: new HalfClose(clock, 2_000) };
}

describe("HalfClose", () => {
  test("is over when stdin gives nothing for so long after the peer's end", async () => {
    const { clock, half } = halfClose();
    half.inputAwaited();
    clock.advance(60_000);
    assert.equal(half.isOver, false, "the peer has not ended");
    half.peerEnded();
    clock.advance(1_999);
    assert.equal(half.isOver, false);
    clock.advance(1);
    assert.equal(half.isOver, true);
    await half.over;
  });

  test("begins anew with each piece of stdin, and does not run while one is sent", () => {
    const { clock, half } = halfClose();
    half.peerEnded();
    half.inputAwaited();
    for (let piece = 0; piece < 3; piece++) {
      clock.advance(1_999);
      half.inputArrived();
      // The peer takes its time.
      clock.advance(60_000);
      half.inputAwaited();
    }
    assert.equal(half.isOver, false);
    clock.advance(2_000);
    assert.equal(half.isOver, true);
  });

  test("leaves no timer when it is stopped, or stdin has ended", () => {
    const { clock, half } = halfClose();
    half.inputAwaited();
    half.peerEnded();
    half.inputArrived();
    assert.equal(clock.timers, 0);
    half.inputAwaited();
    half.stop();
    assert.equal(clock.timers, 0);
  });
});
