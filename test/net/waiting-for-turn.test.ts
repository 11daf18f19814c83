/** Reads and writes that wait for their turn (src/net/timing/turn.ts) while their connection changes: each settles, in order. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { bindUdp, connectUdp, formatAddress, lines, type Connection, type Layer } from "../../src/index.ts";
import { turnOf } from "../../src/net/timing/turn.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { openPair, openPairWith } from "../support/connection-pair.ts";
import { forEachEngine, type CreateEngine } from "../support/engines.ts";
import { turnsUntil } from "../support/turns.ts";

/** Uses up the budget: every read of ready messages waits for the next turn. */
function useUp(clock: FakeClock): void {
  const turn = turnOf(clock);
  while (turn.hasRoomFor(16));
}

/** A pair whose far end has these lines, all of them ready. */
async function openWithLines(t: TestContext, createEngine: CreateEngine, words: readonly string[]) {
  const clock = new FakeClock();
  const pair = await openPairWith(t, createEngine(), { codec: lines(), server: { clock } });
  const text = words.map((word) => `${word}\n`).join("");
  await pair.client.write(text);
  await turnsUntil(() => pair.far.bytesReceived === text.length);
  return { ...pair, clock };
}

/** Reads to the end, and uses up the budget before each read. */
async function readInLine(clock: FakeClock, far: Connection<string>): Promise<string[]> {
  const received: string[] = [];
  for (;;) {
    useUp(clock);
    const line = await far.receive();
    if (line === null) return received;
    received.push(line);
  }
}

/** A layer that does not change bytes. */
const asTheyAre: Layer = {
  open() {},
  receive: (chunk, deliver) => deliver(chunk),
  send: (data) => data,
  end: () => new Uint8Array(0),
};

forEachEngine((createEngine) => {
  test("a read that waits for its turn gets its message when our side closes", async (t) => {
    const { far, clock } = await openWithLines(t, createEngine, ["one", "two"]);
    useUp(clock);
    const reading = far.receive();
    void far.close();
    assert.equal(await reading, "one");
    assert.equal(await far.receive(), "two");
    assert.equal(await far.receive(), null);
  });

  test("a read that waits for its turn gets its message when our side aborts, and the next its reason", async (t) => {
    const { far, clock } = await openWithLines(t, createEngine, ["one"]);
    useUp(clock);
    const reading = far.receive();
    void far.abort();
    assert.equal(await reading, "one");
    await assert.rejects(far.receive(), { code: "ERR_ABORTED" });
  });

  test("a read that waits for its turn gets its message when the server cuts its clients", async (t) => {
    const { far, server, clock } = await openWithLines(t, createEngine, ["one"]);
    useUp(clock);
    const reading = far.receive();
    const closing = server.close({ drainMs: 0 });
    assert.equal(await reading, "one");
    await assert.rejects(far.receive());
    await closing;
  });

  test("a read that waits for its turn gets its message when the peer ends", async (t) => {
    const { client, far, clock } = await openWithLines(t, createEngine, ["one", "two"]);
    await client.end();
    assert.deepEqual(await readInLine(clock, far), ["one", "two"]);
  });

  test("a read whose time is up while it waits for its turn gets the message that was ready", async (t) => {
    const { far, clock } = await openWithLines(t, createEngine, ["one", "two"]);
    useUp(clock);
    const reading = far.receive({ timeoutMs: 5 });
    clock.advance(5);
    assert.equal(await reading, "one");
    assert.equal(await far.receive(), "two");
  });

  test("a read whose time is up while it waits for its turn fails if its message is not whole", async (t) => {
    const { client, far, clock } = await openWithLines(t, createEngine, ["one"]);
    await client.write("tw");
    await turnsUntil(() => far.bytesReceived === 6);
    assert.equal(await far.receive(), "one");
    useUp(clock);
    const reading = far.receive({ timeoutMs: 5 });
    clock.advance(5);
    await assert.rejects(reading, { code: "ERR_READ_TIMEOUT" });
    await client.write("o\n");
    assert.equal(await far.receive(), "two");
  });

  test("a read that waits for its turn keeps its place when it is given up, and no message is lost", async (t) => {
    const { far, clock } = await openWithLines(t, createEngine, ["one", "two"]);
    useUp(clock);
    const stop = new AbortController();
    const reading = far.receive({ signal: stop.signal });
    stop.abort();
    await assert.rejects(reading, { name: "AbortError" });
    const again = far.receive();
    assert.throws(() => far.receive(), /one reader at a time/);
    assert.equal(await again, "one");
    assert.equal(await far.receive(), "two");
  });

  test("a write that waits for its turn resolves when its connection is aborted", async (t) => {
    const { far, clock } = await openWithLines(t, createEngine, []);
    useUp(clock);
    const writes = Array.from({ length: 20 }, () => far.write("x"));
    void far.abort();
    await Promise.all(writes);
  });

  test("messages keep their order when a read that waited for its turn makes room for bytes held back", async (t) => {
    const clock = new FakeClock();
    const pair = await openPairWith(t, createEngine(), {
      codec: lines(),
      server: { clock, readBufferBytesMax: 1_000 },
    });
    const words = Array.from({ length: 40 }, (_, index) => `${index} `.padEnd(899, "."));
    pair.far.limitRate({ receiveBytesPerSecond: 10_000 });
    await pair.client.write(words.map((word) => `${word}\n`).join(""));
    await pair.client.end();
    const received: string[] = [];
    for (;;) {
      // Until the read buffer is full, or no more bytes arrive.
      for (let waits = 0; waits < 4; waits++) {
        clock.advance(500);
        await nextTurn();
      }
      useUp(clock);
      const reading = pair.far.receive();
      clock.advance(500);
      const line = await reading;
      if (line === null) break;
      received.push(line);
    }
    assert.deepEqual(received, words);
  });

  test("a layer that comes behind the peer's end gets all bytes before the end is read", async (t) => {
    const clock = new FakeClock();
    const { client, far } = await openPair(t, createEngine(), {
      server: { clock, readBufferBytesMax: 1_000_000 },
    });
    const sent = Uint8Array.from({ length: 400_000 }, (_, index) => index % 251);
    await client.write(sent);
    await client.end();
    await turnsUntil(() => far.bytesReceived === sent.length);
    // The end has been reported when a read after all bytes can see it.
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    useUp(clock);
    far.useLayer(asTheyAre);
    assert.deepEqual(Buffer.from((await far.readExactly(sent.length)) ?? []), Buffer.from(sent));
    assert.equal(await far.read(), null);
  });

  test("a datagram that is ready is read though the time of a read is up while it waits for its turn", async (t) => {
    const clock = new FakeClock();
    const engine = createEngine();
    const receiver = await bindUdp({ port: 0, engine, clock });
    const sender = await connectUdp(formatAddress(receiver.address), { engine });
    t.after(() => Promise.all([receiver.close(), sender.close()]));
    await sender.send("one");
    await sender.send("two");
    await turnsUntil(() => receiver.stats.datagramsReceived === 2);
    useUp(clock);
    const reading = receiver.receive({ timeoutMs: 5 });
    clock.advance(5);
    assert.equal(Buffer.from((await reading)?.bytes ?? []).toString(), "one");
    assert.equal(Buffer.from((await receiver.receive())?.bytes ?? []).toString(), "two");
  });
});
