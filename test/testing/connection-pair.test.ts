/** A pair of connections without a network, and without waiting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPortableEngine, lines } from "../../src/index.ts";
import { openPair, simulateNetwork } from "../../src/testing/index.ts";

test("leads from one end to the other, in memory, with a codec at both", async () => {
  await using pair = await openPair({ codec: lines() });
  await pair.client.send("there");
  assert.equal(await pair.far.receive(), "there");
  await pair.far.send("back");
  assert.equal(await pair.client.receive(), "back");
  assert.equal(pair.server.stats.connections, 1);
});

test("is bytes without a codec, and real sockets with an engine that has them", async () => {
  await using pair = await openPair({ engine: createPortableEngine() });
  await pair.client.write("bytes");
  assert.deepEqual(Buffer.from((await pair.far.readExactly(5)) ?? []), Buffer.from("bytes"));
});

test("takes the name of an engine, as connect and serve do", async () => {
  for (const engine of ["portable", "auto"] as const) {
    await using pair = await openPair({ engine });
    await pair.client.write("bytes");
    assert.deepEqual(Buffer.from((await pair.far.readExactly(5)) ?? []), Buffer.from("bytes"));
  }
  await assert.rejects(
    openPair({ engine: "other" as "auto" }),
    /^TypeError: engine "?other"? is none of auto, /,
  );
});

test("takes options for each end, and a clock set by hand: a minute takes no time", async () => {
  const { engine, clock, pass } = simulateNetwork();
  const pair = await openPair({ engine, client: { clock }, server: { clock, firstByteTimeoutMs: 60_000 } });
  const reading = pair.far.read().catch((error: unknown) => (error as { code: string }).code);
  await pass(60_000);
  assert.equal(await reading, "ERR_FIRST_BYTE_TIMEOUT");
  const closing = pair.close();
  await pass(0);
  await closing;
  assert.equal(clock.timers, 0);
});

test("is cut by close, whatever was under way", async () => {
  const pair = await openPair();
  const reading = assert.rejects(pair.far.read());
  await pair.close();
  await reading;
  assert.equal(pair.client.ending?.how, "aborted");
});
