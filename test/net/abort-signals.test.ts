/** One AbortSignal for many operations at once: no warning from Node, and no remaining listener. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Writable } from "node:stream";
import { after, before, describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Engine } from "../../src/engine.ts";
import {
  backoff,
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  serve,
  type Connection,
  type Resolver,
} from "../../src/index.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { forEachEngine } from "../support/engines.ts";

const many = 25;
const warnings: Error[] = [];
const collect = (warning: Error): number => warnings.push(warning);
before(() => process.on("warning", collect));
after(() => process.off("warning", collect));

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

/** Node emits its warning in a later turn. */
async function isQuiet(signal: AbortSignal, base = 0): Promise<void> {
  await turn();
  await turn();
  assert.deepEqual(warnings.splice(0), []);
  assert.equal(listeners(signal), base);
}

function times<T>(make: (index: number) => T): T[] {
  return Array.from({ length: many }, (_, index) => make(index));
}

async function clients(
  t: TestContext,
  engine: Engine,
  { signal, greeting = "" }: { readonly signal?: AbortSignal; readonly greeting?: string } = {},
): Promise<readonly Connection[]> {
  const server = await serve({ engine, port: 0 }, async (client) => {
    await client.write(greeting);
    await client.closed;
  });
  const all = await Promise.all(times(() => connect(formatAddress(server.address), { engine, signal })));
  t.after(async () => {
    await Promise.all(all.map((one) => one.abort()));
    await server.close({ drainMs: 0 });
  });
  return all;
}

forEachEngine((createEngine) => {
  test("connects that succeed", async (t) => {
    const { signal } = new AbortController();
    const own = (): void => undefined;
    signal.addEventListener("abort", own);
    await clients(t, createEngine(), { signal });
    await isQuiet(signal, 1);
  });

  test("connects that fail", async () => {
    const engine = createEngine();
    const { signal } = new AbortController();
    const server = await serve({ engine, port: 0 }, () => undefined);
    const target = formatAddress(server.address);
    await server.close();
    const outcomes = await Promise.allSettled(times(() => connect(target, { engine, signal })));
    assert.ok(outcomes.every(({ status }) => status === "rejected"));
    await isQuiet(signal);
  });

  test("reads that are given up, and reads that are answered", async (t) => {
    const controller = new AbortController();
    const { signal } = controller;
    const all = await clients(t, createEngine());
    const reads = all.map((one) => one.read({ signal }));
    assert.ok(listeners(signal) <= 1);
    controller.abort(new Error("enough"));
    for (const read of reads) await assert.rejects(read, /enough/);
    await isQuiet(signal);
  });

  test("reads of datagram sockets", async (t) => {
    const engine = createEngine();
    const controller = new AbortController();
    const { signal } = controller;
    const sockets = await Promise.all(times(() => bindUdp({ engine })));
    t.after(() => Promise.all(sockets.map((one) => one.close())));
    const reads = sockets.map((one) => one.receive({ signal }));
    const peer = await connectUdp(formatAddress(sockets[0]?.address as never), { engine, signal });
    t.after(() => peer.close());
    await peer.send("x");
    assert.equal((await reads.shift())?.bytes.length, 1);
    controller.abort(new Error("enough"));
    for (const read of reads) await assert.rejects(read, /enough/);
    await isQuiet(signal);
  });

  test("pipes, while their destinations are full, and when they end", async (t) => {
    const controller = new AbortController();
    const { signal } = controller;
    const all = await clients(t, createEngine(), { greeting: "x" });
    let writes = 0;
    const full = (): Writable => new Writable({ highWaterMark: 1, write: () => void writes++ });
    const pipes = all.map((one) => one.pipeTo(full(), { signal, keepOpen: true }));
    while (writes < many) await turn();
    controller.abort(new Error("enough"));
    for (const pipe of pipes) await assert.rejects(pipe, /enough/);
    await isQuiet(signal);
  });
});

describe("without sockets", () => {
  /** Rejects when its signal fires, like a resolver that waits for a name server. */
  const silent: Resolver = (_name, _family, signal) =>
    new Promise((_resolve, reject) => {
      for (let asked = 0; asked < many; asked++) {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }
    });

  test("look-ups, and a resolver that listens to its signal many times", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const engine = createMemoryEngine();
    const looks = [
      ...times(() => connect("name.test:1", { engine, signal, resolver: silent })),
      ...times(() => connectUdp("name.test:1", { engine, signal, resolver: silent })),
    ];
    await turn();
    controller.abort();
    for (const look of looks) await assert.rejects(look, { code: "ERR_ABORTED" });
    await isQuiet(signal);
  });

  test("pauses between tries", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const clock = new FakeClock();
    const engine = createMemoryEngine({ clock, route: () => ({ fails: "ECONNREFUSED" }) });
    const retry = backoff({ firstDelayMs: 1000, jitter: 0 });
    const tries = times(() => connect("10.0.0.1:1", { engine, clock, signal, retry }));
    await turn();
    clock.advance(10);
    controller.abort();
    for (const one of tries) await assert.rejects(one, { code: "ERR_ABORTED" });
    await isQuiet(signal);
  });

  test("F45: attempts at many addresses of one name, with an engine that listens for each", async () => {
    const clock = new FakeClock();
    const memory = createMemoryEngine({ clock, route: () => ({ fails: "silent" }) });
    const addresses = times((index) => `10.0.0.${index + 1}`);
    const signals: AbortSignal[] = [];
    const engine: Engine = {
      ...memory,
      connect(address, options, signal) {
        signals.push(signal);
        signal.addEventListener("abort", () => undefined);
        return memory.connect(address, options, signal);
      },
    };
    const controller = new AbortController();
    const connecting = connect("name.test:1", {
      engine,
      clock,
      attemptDelayMs: 1,
      signal: controller.signal,
      resolver: () => Promise.resolve(addresses),
    });
    while (signals.length < many) {
      clock.advance(1);
      await turn();
    }
    controller.abort();
    await assert.rejects(connecting, { code: "ERR_ABORTED" });
    await isQuiet(controller.signal);
  });

  test("handlers that listen to server.draining", async () => {
    const engine = createMemoryEngine();
    let reported = 0;
    const server = await serve({ engine, port: 0 }, async (client, { drainSignal: draining }) => {
      draining.addEventListener("abort", () => {
        reported++;
        void client.close();
      });
      await client.closed;
    });
    const all = await Promise.all(times(() => connect(formatAddress(server.address), { engine })));
    while (server.stats.connections < many) await turn();
    await Promise.all([server.close(), ...all.map((one) => one.close())]);
    assert.equal(reported, many);
    await turn();
    assert.deepEqual(warnings.splice(0), []);
  });
});
