/** The leak check: lists what a test has left open, and passes if that is nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryEngine } from "../../src/engine.ts";
import { bindUdp, connect, formatAddress, serve } from "../../src/index.ts";
import { FakeClock, openPair, watchLeaks } from "../../src/testing/index.ts";

test("finds nothing where everything has ended", async () => {
  const leaks = watchLeaks();
  const pair = await openPair();
  assert.equal(leaks.open.length, 3);
  await pair.close();
  await leaks.check();
});

test("names each connection and each server that is still open", async () => {
  const clock = new FakeClock();
  const leaks = watchLeaks({ clock });
  const pair = await openPair();
  const checking = leaks.check({ timeoutMs: 500 });
  clock.advance(500);
  await assert.rejects(checking, {
    message:
      /^still open after 500 ms: server on 127\.0\.0\.1:40000, (client's connection \d+ to 127\.0\.0\.1:40000|server's connection 1 to 127\.0\.0\.1:40001), (client's|server's) connection \d+ to \S+$/,
  });
  await pair.close();
});

test("waits for connections to close: one that closes in time is not a leak", async () => {
  const leaks = watchLeaks();
  const pair = await openPair();
  const checking = leaks.check({ timeoutMs: 60_000 });
  await pair.close();
  await checking;
});

test("keeps connections of several servers apart, though their numbers are the same", async () => {
  const clock = new FakeClock();
  const leaks = watchLeaks({ clock });
  const engine = createMemoryEngine();
  const [one, other] = [await openPair({ engine }), await openPair({ engine })];
  await one.close();
  const checking = leaks.check();
  clock.advance(1_000);
  await assert.rejects(checking, { message: /server's connection 1 to 127\.0\.0\.1:40003/ });
  await other.close();
});

test("sees what was opened since it began, and nothing after it was asked", async () => {
  const engine = createMemoryEngine();
  const server = await serve({ engine }, (client) => void client.closed);
  const leaks = watchLeaks();
  assert.deepEqual(leaks.open, []);
  await leaks.check();
  const client = await connect(formatAddress(server.address), { engine });
  assert.deepEqual(leaks.open, []);
  await client.abort();
  await server.close({ drainMs: 0 });
});

test("names a datagram socket that is open, until it is closed", async () => {
  const clock = new FakeClock();
  const leaks = watchLeaks({ clock });
  const engine = createMemoryEngine();
  const socket = await bindUdp({ engine, clock, port: 53 });
  assert.deepEqual(leaks.open, ["datagram socket on 127.0.0.1:53"]);
  await socket.close();
  assert.deepEqual(leaks.open, []);
  await leaks.check();
});
