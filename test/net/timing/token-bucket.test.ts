/** The token bucket behind every rate: bursts, and the time to the next token. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "../../../src/net/timing/token-bucket.ts";

describe("a token bucket", () => {
  test("gives out what it holds at once, then what time brings", () => {
    const bucket = new TokenBucket({ tokensPerMs: 0.01, tokensMax: 5 }, 0);
    assert.equal(bucket.take(3, 0), 3);
    assert.equal(bucket.take(3, 0), 2);
    assert.equal(bucket.take(1, 99), 0);
    assert.equal(bucket.take(1, 100), 1);
    assert.equal(bucket.take(1, 100), 0);
  });

  test("holds no more than its size, however long it is idle", () => {
    const bucket = new TokenBucket({ tokensPerMs: 1, tokensMax: 4 }, 0);
    bucket.take(4, 0);
    assert.equal(bucket.take(100, 1_000_000), 4);
  });

  test("says how long it takes, and is right", () => {
    const bucket = new TokenBucket({ tokensPerMs: 1 / 3, tokensMax: 10, tokens: 0 }, 0);
    const waitMs = bucket.waitMs(7, 0);
    assert.equal(bucket.take(7, waitMs), 7);
    assert.ok(bucket.waitMs(1_000, waitMs) <= 30, "it would wait for more than it can hold");
  });

  test("is full when nothing is lacking", () => {
    const bucket = new TokenBucket({ tokensPerMs: 1, tokensMax: 2 }, 0);
    assert.equal(bucket.isFull(0), true);
    bucket.take(1, 0);
    assert.equal(bucket.isFull(0), false);
    assert.equal(bucket.isFull(1), true);
  });

  test("never gives out more than its rate and its size, at any times", () => {
    const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 20 })));
    fc.assert(
      fc.property(asks, (asked) => {
        const bucket = new TokenBucket({ tokensPerMs: 0.25, tokensMax: 8 }, 0);
        let [now, given] = [0, 0];
        for (const [laterMs, wanted] of asked) {
          now += laterMs;
          given += bucket.take(wanted, now);
          assert.ok(given <= 8 + now * 0.25 + 1e-3, `${given} in ${now} ms`);
        }
      }),
    );
  });
});
