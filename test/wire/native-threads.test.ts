/**
 * Threads that are terminated in the middle of their traffic leave nothing behind, and their parent is not affected.
 * Memory that a program keeps stays valid after the wire and the thread have ended.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createPrng } from "../../reliability/prng.ts";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, type EngineChoice } from "../../src/wire/index.ts";
import { assertSameBytes, connectThrough, listen, pattern } from "../contract/wire-pair.ts";
import { nativeEngines } from "../support/native-engines.ts";

const index = new URL("../../src/index.js", import.meta.url).href;
const engines = new URL("../../src/engine.js", import.meta.url).href;
const endpoint = tcpAddress("127.0.0.1", 0);

function startWorker(engine: EngineChoice, source: string): Worker {
  return new Worker(
    `(async () => {
      const { parentPort } = require("node:worker_threads");
      const { connect, serve } = await import(${JSON.stringify(index)});
      const engine = "${engine}";
      ${source}
    })();`,
    { eval: true },
  );
}

/** Exchanges small and large pieces with itself without end, while clients connect and leave. */
const traffic = `
  const echo = { bytes(client, view) { if (!client.write(view)) client.pause(); }, drained: (client) => client.resume() };
  const server = await serve({ port: 0, engine, connectionsMax: 10_000 }, echo);
  const address = "127.0.0.1:" + server.address.port;
  let heard = 0;
  const talk = async (bytes, stays) => {
    for (;;) {
      const client = await connect(address, { engine });
      do {
        await client.write(new Uint8Array(bytes));
        await client.readExactly(bytes);
        if (++heard % 50 === 0) parentPort.postMessage(heard);
      } while (stays);
      await client.abort();
    }
  };
  for (const [bytes, stays] of [[10, true], [100, true], [60_000, true], [10, false], [60_000, false]])
    void talk(bytes, stays);`;

for (const { name, whyNot } of nativeEngines) {
  describe(`threads on the ${name} engine`, { skip: whyNot, timeout: 120_000 }, () => {
    const descriptors = (): number => chooseEngine(name).descriptors()?.open ?? 0;

    test("50 in a row are ended in the middle of their traffic, and their parent talks on", async (t) => {
      const prng = createPrng(50);
      const engine = chooseEngine(name);
      const door = await listen(t, engine, endpoint);
      const [client, server] = await connectThrough(t, engine, door);
      client.start();
      server.onBytes = (view) => void server.wire.write(view);
      server.start();
      // Runs once first, so that memory that the first thread allocates for good is not counted.
      await endInTraffic(1);
      const before = descriptors();
      for (let round = 0; round < 50; round++) {
        const words = pattern(1000, round + 1);
        const heard = client.bytesReceived;
        client.wire.write(words);
        await endInTraffic(1 + prng.below(6));
        await client.untilReceived(heard + words.length);
        assertSameBytes(client.received.subarray(heard), words);
      }
      assert.ok(descriptors() <= before, `${descriptors()} after ${before}`);
    });

    /** Terminates a thread after so many messages from it. */
    async function endInTraffic(times: number): Promise<void> {
      const worker = startWorker(name, traffic);
      for (let heard = 0; heard < times; heard++) await once(worker, "message");
      assert.equal(await worker.terminate(), 1);
    }

    test("an unhandled rejection ends the thread, and only that", async () => {
      const worker = startWorker(
        name,
        `const { chooseEngine } = await import(${JSON.stringify(engines)});
        const events = { ended() {}, drained() {}, closed() {}, async bytes() { throw new Error("unhandled"); } };
        const listener = await chooseEngine(engine).listen(
          { family: 4, host: "127.0.0.1", port: 0 },
          { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 },
          { acceptFailed() {}, accepted: (wire) => wire.start(events) });
        const client = await connect("127.0.0.1:" + listener.address.port, { engine });
        await client.write("hello");`,
      );
      const errors: Error[] = [];
      worker.on("error", (error) => errors.push(error));
      const code = await new Promise((resolve) => worker.on("exit", resolve));
      assert.equal(code, 1);
      assert.deepEqual(
        errors.map(({ message }) => message),
        ["unhandled"],
      );
    });

    test("a view that was kept shows no freed memory when its thread has ended", async () => {
      const worker = startWorker(
        name,
        `let kept;
        const server = await serve({ port: 0, engine }, { bytes(client, view) {
          kept = view;
          // A clone of the whole of it, which is the arena.
          parentPort.postMessage(kept);
          client.close();
        } });
        const client = await connect("127.0.0.1:" + server.address.port, { engine });
        await client.write("kept for long");
        await client.closed;`,
      );
      const [view] = (await once(worker, "message")) as [Uint8Array];
      await worker.terminate();
      for (let turns = 0; turns < 10; turns++) await turn();
      assert.equal(Buffer.from(view).toString(), "kept for long");
    });

    test("a view that was kept can be read when its wire, its listener and all others have gone", async (t) => {
      const engine = chooseEngine(name);
      const kept: Uint8Array[] = [];
      for (let round = 0; round < 20; round++) {
        const door = await listen(t, engine, endpoint);
        const [client, server] = await connectThrough(t, engine, door);
        client.start();
        server.onBytes = (view) => kept.push(view);
        server.start();
        await client.send(pattern(5_000, round + 1));
        await server.untilReceived(5_000);
        client.abort();
        server.abort();
        await Promise.all([client.closing, server.closing, door.listener.close()]);
      }
      globalThis.gc?.();
      let sum = 0;
      for (const view of kept) {
        for (const byte of view) sum += byte;
        // The program may overwrite it: no other data is there now.
        view.fill(0);
      }
      assert.ok(sum > 0 && kept.every((view) => view.every((byte) => byte === 0)));
    });
  });
}
