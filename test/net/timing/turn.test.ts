/** The budget of one turn of the event loop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turnOver } from "node:timers/promises";
import { stepsOf, Turn, turnOf } from "../../../src/net/timing/turn.ts";
import { FakeClock } from "../../../src/testing/index.ts";

/** Requests steps until the budget is used up; returns their number. */
function useUp(turn: Turn, stepsMax: number): number {
  let steps = 0;
  while (steps < stepsMax && turn.hasRoomFor(16)) steps += 16;
  return steps;
}

test("steps are granted until the turn is used up, and again in the next", async () => {
  const turn = new Turn(new FakeClock());
  const first = useUp(turn, 100_000);
  assert.ok(first >= 1_024 && first <= 2_048, `${first} steps`);
  assert.equal(turn.stepsAtOnce, 0);
  assert.equal(turn.hasRoomFor(1), false);
  await turnOver();
  assert.equal(turn.stepsAtOnce, 16);
  assert.ok(turn.hasRoomFor(16));
});

test("a turn is used up by time too, however few the steps", () => {
  const clock = new FakeClock();
  const turn = new Turn(clock);
  assert.ok(turn.charge(300));
  clock.advance(3);
  assert.ok(turn.hasRoomFor(1));
  clock.advance(1);
  assert.equal(turn.hasRoomFor(1), false);
  assert.equal(turn.stepsAtOnce, 0);
});

test("waiting steps are granted in order, before new ones", async () => {
  const turn = new Turn(new FakeClock());
  const served: number[] = [];
  useUp(turn, 100_000);
  for (let index = 0; index < 5; index++) {
    turn.wait({
      takeTurn() {
        served.push(index);
        // A connection that has waited, and asks at once for more than it got, goes to the end of the queue.
        assert.equal(turn.hasRoomFor(16), index === 4);
      },
    });
  }
  assert.equal(turn.hasRoomFor(1), false);
  await turnOver();
  assert.deepEqual(served, [0, 1, 2, 3, 4]);
});

test("a line that is longer than a turn goes on in the next, and what is promised in it runs between", async () => {
  const turn = new Turn(new FakeClock());
  let inTurn = 0;
  const perTurn: number[] = [];
  const total = 500;
  let served = 0;
  for (let index = 0; index < total; index++) {
    turn.wait({
      takeTurn() {
        served++;
        inTurn++;
      },
    });
  }
  while (served < total) {
    await turnOver();
    perTurn.push(inTurn);
    inTurn = 0;
  }
  assert.ok(perTurn.length > 1, "more than one turn");
  assert.ok(Math.max(...perTurn) <= 2_048 / 16, `${perTurn.join(", ")} in a turn`);
});

test("in a line, what one of them has taken counts before the next has its turn", async () => {
  const turn = new Turn(new FakeClock());
  const served: number[] = [];
  for (let index = 0; index < 3; index++) {
    turn.wait({
      takeTurn() {
        served.push(index);
        turn.charge(stepsOf(8_388_608));
      },
    });
  }
  for (let turns = 1; turns <= 3; turns++) {
    await turnOver();
    assert.equal(served.length, turns);
  }
  assert.deepEqual(served, [0, 1, 2]);
});

test("all users of one clock share a turn", () => {
  const clock = new FakeClock();
  assert.equal(turnOf(clock), turnOf(clock));
  assert.notEqual(turnOf(clock), turnOf(new FakeClock()));
});
