/** What the stream of a connection does beyond the table that it shares with `net.Socket`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connectNodeStream, NetError, serve } from "../../../src/index.ts";
import { createMemoryEngine } from "../../../src/engine.ts";
import { openPair } from "../../support/connection-pair.ts";
import { forEachEngine, forEachSocketEngine } from "../../support/engines.ts";
import { kernelOptions } from "../../support/kernel-options.ts";
import { needs } from "../../support/programs.ts";

forEachEngine((createEngine) => {
  test("a stream carries both directions of both ends", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const [stream, farStream] = [client.toNodeStream(), far.toNodeStream()];
    let echoed = 0;
    farStream.pipe(farStream);
    stream.on("data", (chunk: Buffer) => (echoed += chunk.length));
    stream.end(Buffer.alloc(300_000, "e"));
    await once(stream, "end");
    assert.equal(echoed, 300_000);
  });

  test("chunks stay as they are while more arrives", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const chunks: Buffer[] = [];
    const stream = client.toNodeStream();
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    for (let round = 0; round < 20; round++) await far.write(new Uint8Array(5_000).fill(round));
    await far.end();
    await once(stream, "end");
    const expected = Buffer.concat(Array.from({ length: 20 }, (_, round) => Buffer.alloc(5_000, round)));
    assert.ok(Buffer.concat(chunks).equals(expected));
  });

  test("a connection has one stream, and none while a read is in progress", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    void client.read();
    assert.throws(() => client.toNodeStream(), TypeError);
    await far.write("x");
    const stream = far.toNodeStream();
    assert.throws(() => far.toNodeStream(), /has a reader already/);
    assert.throws(() => client.toNodeStream({ allowHalfOpen: 1 as unknown as boolean }), TypeError);
    stream.destroy();
  });

  test("connect() of a stream that is open emits connect and ready", async (t) => {
    const { client } = await openPair(t, createEngine());
    const stream = client.toNodeStream();
    const ready = once(stream, "ready");
    await new Promise<void>((resolve) => stream.connect(5432, "ignored", resolve));
    await ready;
    stream.destroy();
  });

  test("a timeout of the connection that was set is an error of the stream", async (t) => {
    const { client } = await openPair(t, createEngine(), { client: { firstByteTimeoutMs: 20 } });
    const [error] = (await once(client.toNodeStream(), "error")) as [NetError];
    assert.ok(error instanceof NetError);
    assert.equal(error.code, "ERR_FIRST_BYTE_TIMEOUT");
  });

  test("what is written before the connection is open is sent", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, port: 0 }, async (connection) => {
      await connection.pipeTo(connection);
    });
    const stream = connectNodeStream(server.address, { engine });
    stream.setNoDelay(true).unref().ref().end("early");
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    assert.equal(text, "early");
  });

  test("a connection that is refused is an error of connect", async () => {
    const engine = createEngine();
    const server = await serve({ engine, port: 0 }, () => {});
    const { address } = server;
    await server.close();
    const stream = connectNodeStream(address, { engine });
    const closed = new Promise((resolve) => stream.once("close", resolve));
    const [error] = (await once(stream, "error")) as [NodeJS.ErrnoException & { port: number }];
    assert.ok(address.family === 4);
    assert.deepEqual(
      [error.code, error.syscall, error.port, error.message],
      ["ECONNREFUSED", "connect", address.port, `connect ECONNREFUSED 127.0.0.1:${address.port}`],
    );
    assert.equal(await closed, true);
    assert.deepEqual([stream.connecting, stream.pending], [false, true]);
  });
});

forEachSocketEngine((createEngine) => {
  test("setNoDelay and setKeepAlive change the kernel's socket", needs("python3"), async (t) => {
    const { client } = await openPair(t, createEngine());
    const stream = client.toNodeStream();
    const options = () => kernelOptions(client.local, client.remote);
    assert.equal(options().noDelay, 1);
    stream.setNoDelay(false);
    stream.setKeepAlive(true, 7_000);
    const { noDelay, keepAlive, keepAliveS } = options();
    assert.deepEqual([noDelay, keepAlive, keepAliveS], [0, 1, 7]);
    stream.setKeepAlive(false);
    assert.deepEqual([options().noDelay, options().keepAlive], [0, 0]);
    stream.setKeepAlive(true);
    assert.deepEqual([options().keepAlive, options().keepAliveS], [1, 7]);
    stream.destroy();
  });
});

describe("a stream that is connecting", () => {
  test("is destroyed without an error, and stops connecting", async () => {
    const resolver = (_name: string, _family: unknown, signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    const stream = connectNodeStream("name.test:80", { resolver, engine: createMemoryEngine() });
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.destroy();
    assert.equal(await closed, false);
  });

  test("reports a name that does not exist as Node does", async () => {
    const resolver = () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
    const stream = connectNodeStream("name.test:80", { resolver, engine: createMemoryEngine() });
    const [error] = (await once(stream, "error")) as [NodeJS.ErrnoException & { hostname: string }];
    assert.deepEqual([error.code, error.syscall, error.hostname], ["ENOTFOUND", "getaddrinfo", "name.test"]);
  });
});
