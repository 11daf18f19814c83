/** A pair of connections without a network and without delays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPortableEngine } from "../../src/engine.ts";
import { connect, formatAddress, lines } from "../../src/index.ts";
import { openPair, simulateNetwork, watchLeaks } from "../../src/testing/index.ts";
import { forEachEngine } from "../support/engines.ts";

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
  assert.equal(pair.client.closeInfo?.how, "aborted");
});

forEachEngine((createEngine) => {
  test("leaves nothing open when both ends have closed", async () => {
    const leaks = watchLeaks();
    const { client, far } = await openPair({ engine: createEngine() });
    await Promise.all([client.close(), far.close()]);
    await leaks.check({ timeoutMs: 10_000 });
  });

  test("leaves nothing open when one end was aborted", async () => {
    const leaks = watchLeaks();
    const { client } = await openPair({ engine: createEngine() });
    await client.abort();
    await leaks.check({ timeoutMs: 10_000 });
  });

  test("serves further clients of its server, while both ends are open and after that", async () => {
    const engine = createEngine();
    await using pair = await openPair({ engine });
    await using further = await connect(formatAddress(pair.server.address), { engine });
    await Promise.all([pair.client.close(), pair.far.close()]);
    await further.write("still open");
    assert.equal(further.closeInfo, undefined);
    await further.abort();
    await pair.server.closed;
  });

  test("leaves nothing open when the client cannot connect", async () => {
    const leaks = watchLeaks();
    await assert.rejects(
      openPair({ engine: createEngine(), client: { idleTimeoutMs: -1 } }),
      /^TypeError: .*idleTimeoutMs/,
    );
    await leaks.check();
  });

  test("rejects when the server refuses the client", { timeout: 60_000 }, async () => {
    const leaks = watchLeaks();
    await assert.rejects(
      openPair({ engine: createEngine(), server: { deny: ["127.0.0.0/8"] } }),
      /^(Error: openPair: .* closed before|NetError: .*ECONNRESET)/,
    );
    await leaks.check();
  });
});
