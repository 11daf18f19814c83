/** One fast writer or reader leaves the other connections their turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  lengthPrefixed,
  lines,
  serve,
  type Connection,
} from "../../src/index.ts";
import { openPair as openPairInHand } from "../../src/testing/connection-pair.ts";
import { readAll } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";
import { TurnCounter, turnsUntil } from "../support/turns.ts";

test("a handler that writes for ever to a peer who reads all of it leaves other clients their turn", async () => {
  const page = new Uint8Array(8_192);
  const server = await serve({ port: 0 }, async (client) => {
    const asked = await client.readLine();
    if (asked === "everything") while (client.closeInfo === undefined) await client.write(page);
    else await client.write("you too\n");
  });
  const address = formatAddress(server.address);
  const greedy = await connect(address);
  await greedy.write("everything\n");
  const reading = (async () => {
    for await (const chunk of greedy) assert.ok(chunk.length > 0);
  })();
  for (let count = 0; count < 20; count++) {
    await using other = await connect(address);
    await other.write("something\n");
    assert.equal(await other.readLine(), "you too");
  }
  await greedy.abort();
  await assert.rejects(reading, { code: "ERR_ABORTED" });
  await server.close();
});

/** Far more than a turn's budget, on every engine. */
const flood = new Uint8Array(65_536).fill(0x0a);
/** Messages of one turn, and those with which waiting reads continue. */
const messagesInTurnMax = 4_096;

type Client = Connection<string>;

/** Each way of reading, until the end; `took` counts messages. */
const readers: Readonly<Record<string, (client: Client, took: (messages: number) => void) => Promise<void>>> =
  {
    async "for await"(client, took) {
      for await (const _ of client) took(1);
    },
    async "batches()"(client, took) {
      for await (const batch of client.batches()) took(batch.length);
    },
    async "receive()"(client, took) {
      while ((await client.receive()) !== null) took(1);
    },
    async "readLine()"(client, took) {
      while ((await client.readLine()) !== null) took(1);
    },
    async "readExactly(1)"(client, took) {
      while ((await client.readExactly(1)) !== null) took(1);
    },
    async "receive({ signal })"(client, took) {
      const { signal } = new AbortController();
      while ((await client.receive({ signal })) !== null) took(1);
    },
  };

forEachEngine((createEngine) => {
  for (const [name, read] of Object.entries(readers)) {
    test(`a flood of empty lines read by ${name} leaves the event loop its turns`, async () => {
      const turns = new TurnCounter();
      let total = 0;
      const engine = createEngine();
      const server = await serve({ port: 0, engine, codec: lines() }, (client) =>
        read(client, (messages) => {
          total += messages;
          turns.took(messages);
        }),
      );
      const client = await connect(formatAddress(server.address), { engine });
      await client.write(flood);
      await client.end();
      await client.closed;
      turns.stop();
      await server.close();
      assert.equal(total, flood.length);
      assert.ok(turns.most <= messagesInTurnMax, `${turns.most} messages in one turn`);
    });
  }

  test("long messages that are complete at the same time are decoded in many turns", async () => {
    const engine = createEngine();
    const body = new Uint8Array(1_048_576);
    const count = 48;
    const turns = new TurnCounter();
    let total = 0;
    const served = new Set<Connection<Uint8Array, Uint8Array | string>>();
    const codec = lengthPrefixed({ prefix: "u32be" });
    const server = await serve({ port: 0, engine, codec }, async (client) => {
      served.add(client);
      let length = body.length;
      for await (const message of client) {
        assert.equal(message.length, length);
        length = 4;
        total++;
        turns.took(1);
      }
    });
    const address = formatAddress(server.address);
    const clients = await Promise.all(Array.from({ length: count }, () => connect(address, { engine })));
    const head = new Uint8Array([0, 16, 0, 0]);
    for (const client of clients) {
      await client.write(head);
      await client.write(body.subarray(1));
    }
    await turnsUntil(() => [...served].every(({ bytesReceived }) => bytesReceived === body.length + 3));
    assert.equal(total, 0);
    // The last byte of each, followed by a short message.
    for (const client of clients) void client.write(new Uint8Array([0, 0, 0, 0, 4, 1, 2, 3, 4]));
    await turnsUntil(() => total === 2 * count);
    turns.stop();
    for (const client of clients) await client.close();
    await server.close();
    // A turn has room for 8 long ones, 256 steps each, with as many short ones; two turns may follow directly.
    assert.ok(turns.most <= 40, `${turns.most} messages in one turn`);
  });

  test("messages that are each sent to many leave the event loop its turns", async (t) => {
    const engine = createEngine();
    const pair = await openPairInHand({ engine });
    t.after(() => pair.close());
    const reading = readAll(pair.far);
    const one = new Uint8Array(1);
    const turns = new TurnCounter();
    t.after(() => turns.stop());
    const server = await serve({ port: 0, engine, codec: lines() }, async (client) => {
      for await (const _ of client) {
        for (let receiver = 0; receiver < 64; receiver++) pair.client.trySend(one);
        turns.took(64);
      }
    });
    const client = await connect(formatAddress(server.address), { engine });
    await client.write(flood.subarray(0, 2_048));
    await client.end();
    await client.closed;
    turns.stop();
    await server.close();
    await pair.client.end();
    await reading;
    // Sixteen messages until the next check of the budget.
    assert.ok(turns.most <= messagesInTurnMax + 2 * 16 * 64, `${turns.most} sends in one turn`);
  });

  test("many floods at once are read in turn, and a client with one message is answered between them", async () => {
    const engine = createEngine();
    const counts: number[] = [];
    let over = false;
    const server = await serve({ port: 0, engine, codec: lines() }, async (client) => {
      for await (const line of client) {
        if (over) return;
        if (line === "") counts[client.id] = (counts[client.id] ?? 0) + 1;
        else await client.send(line);
      }
    });
    const address = formatAddress(server.address);
    const floods = await Promise.all(Array.from({ length: 10 }, () => connect(address, { engine })));
    const flooding = floods.map(async (one) => {
      for (;;) await one.write(flood);
    });
    await using good = await connect(address, { engine, codec: lines() });
    for (let round = 0; round < 20; round++) {
      const before = counts.reduce((sum, count) => sum + count, 0);
      await good.send("hello");
      assert.equal(await good.receive(), "hello");
      const meanwhile = counts.reduce((sum, count) => sum + count, 0) - before;
      // A round trip takes a few turns of the client and of the server.
      assert.ok(meanwhile <= 10 * messagesInTurnMax, `${meanwhile} messages before the answer`);
    }
    over = true;
    for (const one of floods) void one.abort();
    await Promise.allSettled(flooding);
    const all = counts.filter((count) => count > 0);
    assert.equal(all.length, floods.length);
    await server.close({ drainMs: 0 });
  });

  test("unawaited writes share one promise for their turn, and flushes one for each position", async (t) => {
    const pair = await openPairInHand({ engine: createEngine() });
    t.after(() => pair.close());
    const writes = new Set<Promise<void>>();
    for (let count = 0; count < 10_000; count++) writes.add(pair.client.write("x"));
    // One for the messages sent at once, one for the turn, and one for each that is queued.
    const waiting = pair.client.pendingBytes;
    assert.ok(writes.size <= 2 + waiting, `${writes.size} promises, ${waiting} bytes wait`);
    void pair.client.write(new Uint8Array(16_000_000));
    assert.ok(pair.client.pendingBytes > 0);
    assert.equal(pair.client.flush(), pair.client.flush());
    const reading = readAll(pair.far);
    await pair.client.flush();
    await pair.client.end();
    assert.equal((await reading).length, 16_010_000);
  });

  test("datagrams that are ready leave the event loop its turns, and none is lost to a read given up", async (t) => {
    const engine = createEngine();
    const receiver = await bindUdp({ port: 0, engine, receiveQueueBytesMax: Infinity });
    const sender = await connectUdp(formatAddress(receiver.address), { engine });
    t.after(() => Promise.all([receiver.close(), sender.close()]));
    const total = 5_000;
    for (let count = 0; count < total; count++) {
      await sender.send(`${count}`);
      // So that the kernel drops none.
      if (count % 50 === 0) await turnsUntil(() => receiver.stats.datagramsReceived === count + 1);
    }
    await turnsUntil(() => receiver.stats.datagramsReceived === total);
    let turned = false;
    let gaveUp = false;
    let read = 0;
    setImmediate(() => (turned = true));
    while (!turned) {
      const stop = new AbortController();
      const reading = receiver.receive({ signal: stop.signal });
      const outcome = await Promise.race([reading, Promise.resolve().then(() => undefined)]);
      if (outcome === undefined && !turned && !gaveUp) {
        assert.throws(() => receiver.receive(), /one reader at a time/);
        stop.abort();
        await assert.rejects(reading);
        gaveUp = true;
        continue;
      }
      assert.equal(Buffer.from((await reading)?.bytes ?? []).toString(), `${read++}`);
    }
    assert.ok(gaveUp && read <= messagesInTurnMax, `${read} datagrams in one turn`);
    while (read < total) {
      assert.equal(Buffer.from((await receiver.receive())?.bytes ?? []).toString(), `${read++}`);
    }
  });

  test("a read that waits for its turn is the one reader, and can be given up without losing a message", async () => {
    const engine = createEngine();
    const pair = await openPairInHand({ engine, codec: lines() });
    try {
      const text = Array.from({ length: 10_000 }, (_, index) => `${index}\n`).join("");
      await pair.client.write(text);
      // From here on only the turn is waited for.
      await turnsUntil(() => pair.far.bytesReceived === text.length);
      const next = async (): Promise<string> => `${await pair.far.receive()}`;
      let expected = 0;
      let gaveUp = 0;
      while (expected < 10_000) {
        const stop = new AbortController();
        const reading = pair.far.receive({ signal: stop.signal });
        // A ready message has resolved when the microtasks have run; a read that waits for its turn has not.
        const outcome = await Promise.race([reading, Promise.resolve().then(() => undefined)]);
        if (outcome === undefined) {
          assert.throws(() => pair.far.receive(), /one reader at a time/);
          stop.abort();
          await reading.then(
            (line) => assert.equal(line, `${expected++}`),
            () => gaveUp++,
          );
          assert.equal(await next(), `${expected++}`);
        } else {
          assert.equal(outcome, `${expected++}`);
        }
      }
      assert.ok(gaveUp > 0, "no read was given up while it waited");
    } finally {
      await pair.close();
    }
  });
});
