/**
 * The notice on a terminal while the command waits for the peer after FIN.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { noticeMs, CloseGrace, closeGraceMs } from "../../../src/cli/tty/close-grace.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

describe("after our FIN", () => {
  function closing(): { closeGrace: CloseGrace; clock: FakeClock; said: string[] } {
    const clock = new FakeClock();
    const said: string[] = [];
    return { closeGrace: new CloseGrace({ clock, say: (line) => said.push(line) }), clock, said };
  }

  test("reports once, after a while, what it waits for", () => {
    const { closeGrace: one, clock, said } = closing();
    one.finSent();
    clock.advance(noticeMs - 1);
    assert.deepEqual(said, []);
    clock.advance(1);
    clock.advance(60_000);
    assert.deepEqual(said, ["sent FIN; waiting for the peer, Ctrl-C stops"]);
  });

  test("reports nothing for a peer that ends in time", () => {
    const { closeGrace: one, clock, said } = closing();
    one.finSent();
    one.end();
    clock.advance(60_000);
    assert.deepEqual(said, []);
  });

  test("after Ctrl-C the peer has a limited time, which is reported", async () => {
    const { closeGrace: one, clock, said } = closing();
    one.hurry();
    one.finSent();
    clock.advance(noticeMs);
    assert.deepEqual(said, ["sent FIN; waiting 5 s for the peer, Ctrl-C again ends at once"]);
    clock.advance(closeGraceMs - noticeMs);
    await one.givenUp;
  });
});
