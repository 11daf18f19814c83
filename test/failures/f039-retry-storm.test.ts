/** F39: a server is down for three seconds, and its two hundred clients do not reconnect all at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, connect, serve, type SocketEvent } from "../../src/index.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";

const clients = 200;
const awayMs = 3_000;
const bucketMs = 50;

/** The same sequence in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** When each client reconnected, in milliseconds, and the total number of attempts. */
async function returns(jitter: number): Promise<{ readonly atMs: number[]; readonly attempts: number }> {
  const { engine, clock, pass } = simulateNetwork();
  const atMs: number[] = [];
  let attempts = 0;
  const retry = backoff({ firstDelayMs: 100, delayMsMax: 2_000, jitter, random: seeded(39) });
  const onEvent = (event: SocketEvent): void => {
    if (event.type === "attemptStarted") attempts++;
    if (event.type === "opened") atMs.push(event.atMs);
  };
  for (let count = 0; count < clients; count++) {
    void connect("127.0.0.1:80", { engine, clock, retry, onEvent });
  }
  await pass(awayMs);
  await serve({ engine, clock, port: 80, idleTimeoutMs: Infinity }, { bytes() {} });
  await pass(2_100);
  return { atMs, attempts };
}

/** The largest number of clients within one bucket. */
function burst(atMs: readonly number[]): number {
  const buckets = new Map<number, number>();
  for (const ms of atMs) {
    const bucket = Math.floor(ms / bucketMs);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  return Math.max(...buckets.values());
}

test("F39: with jitter they are spread over the time, and all come back", async (t) => {
  const { atMs, attempts } = await returns(1);
  assert.equal(atMs.length, clients);
  t.diagnostic(`at most ${burst(atMs)} of ${clients} within ${bucketMs} ms, ${attempts} attempts in all`);
  assert.ok(burst(atMs) < clients / 8);
  assert.ok(attempts < clients * 20, `${attempts}`);
});

test("F39: without jitter the retries coincide, which is why jitter is the default", async () => {
  const { atMs } = await returns(0);
  assert.equal(burst(atMs), clients);
});
