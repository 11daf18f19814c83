/**
 * The short form of `npm run soak`: a few rounds on each engine with sockets, with new seeds each time.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { createPrng } from "../../reliability/prng.ts";
import { chooseEngine } from "../../src/engine.ts";
import { socketEngines } from "../support/native-engines.ts";
import { playRound } from "./round.ts";
import { isSaid, speechOf } from "./speech.ts";

describe("whatever is done to many connections at once", { timeout: 120_000 }, () => {
  for (const { name, whyNot } of socketEngines) {
    test(`loses, invents and leaves nothing on the ${name} engine`, { skip: whyNot }, async () => {
      for (let round = 0; round < 5; round++) {
        const seed = randomBytes(4).readUInt32BE();
        const faults = await playRound(chooseEngine(name), createPrng(seed));
        assert.deepEqual(faults, [], `npm run soak -- --engine ${name} --seed ${seed}`);
      }
    });
  }
});

test("a byte that is lost, doubled or another pair's is noticed", () => {
  const says = speechOf(7, "client");
  const bytes = new Uint8Array(says(0, 1_000));
  assert.ok(isSaid(says, 0, bytes));
  assert.ok(isSaid(says, 65_000, says(65_000, 1_000)));
  assert.ok(!isSaid(says, 1, bytes));
  assert.ok(!isSaid(speechOf(8, "client"), 0, bytes));
  assert.ok(!isSaid(speechOf(7, "server"), 0, bytes));
  assert.ok(!isSaid(says, 65_521, bytes), "where the pattern begins again there is no head");
});
