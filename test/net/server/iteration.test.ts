/** Servers without a handler, whose connections are taken with `for await`; and servers that a signal closes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, lines, NetError, serve } from "../../../src/index.ts";
import { forEachEngine } from "../../support/engines.ts";

function promised<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((done) => (resolve = done));
  return { promise, resolve };
}

forEachEngine((createEngine) => {
  test("a server without a handler gives its connections to a loop, with its codec", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, port: 0, codec: lines() });
    const answered = (async () => {
      for await (const connection of server) {
        await connection.send(`you said ${String(await connection.receive())}`);
        await connection.close();
      }
    })();
    for (const word of ["one", "two"]) {
      await using client = await connect(server.address, { engine, codec: lines() });
      await client.send(word);
      assert.equal(await client.receive(), `you said ${word}`);
    }
    await server.close();
    await answered;
  });

  test("a connection that no loop has asked for waits, and counts in connectionsMax", async () => {
    const engine = createEngine();
    const refused = promised<number | undefined>();
    await using server = await serve({
      engine,
      port: 0,
      connectionsMax: 1,
      onEvent: (event) => {
        if (event.type === "refused") refused.resolve(event.limit);
      },
    });
    await using first = await connect(server.address, { engine });
    await using second = await connect(server.address, { engine });
    assert.equal(await refused.promise, 1);
    assert.deepEqual([server.stats.connections, server.stats.waiting], [0, 1]);
    assert.equal(await second.read(), null);

    const { value: taken } = await server[Symbol.asyncIterator]().next();
    assert.deepEqual([server.stats.connections, server.stats.waiting], [1, 0]);
    await taken?.write("hello");
    assert.equal(Buffer.from((await first.read()) ?? []).toString(), "hello");
    await taken?.abort();
  });

  test("concurrency bounds the connections that are taken and not yet finished", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, port: 0, concurrency: 1 });
    await using first = await connect(server.address, { engine });
    const iterator = server[Symbol.asyncIterator]();
    const { value: taken } = await iterator.next();
    await using second = await connect(server.address, { engine });
    let isTaken = false;
    const next = iterator.next().then((result) => {
      isTaken = true;
      return result;
    });
    await using third = await connect(server.address, { engine });
    for (const client of [first, second, third]) assert.equal(client.closeInfo, undefined);
    assert.equal(isTaken, false);
    await taken?.abort();
    const { value: other } = await next;
    assert.equal(server.stats.connectionsTotal, 2);
    await other?.abort();
  });

  test("leaving a loop keeps the server, and another loop goes on", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, port: 0 });
    for (let round = 0; round < 2; round++) {
      await using client = await connect(server.address, { engine });
      for await (const connection of server) {
        await connection.write("x");
        void connection.close();
        break;
      }
      assert.equal((await client.read())?.length, 1);
    }
  });

  test("a signal closes the server, which ends its loop", async () => {
    const engine = createEngine();
    const controller = new AbortController();
    const server = await serve({ engine, port: 0, signal: controller.signal });
    const loop = server[Symbol.asyncIterator]().next();
    controller.abort();
    assert.deepEqual(await loop, { done: true, value: undefined });
    await server.closed;
    assert.equal(server.drainSignal.aborted, true);
  });

  test("a server whose signal has fired already is not opened", async () => {
    const engine = createEngine();
    const reason = new Error("no more");
    const opening = serve({ engine, port: 0, signal: AbortSignal.abort(reason) }, () => undefined);
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof NetError);
      assert.deepEqual([error.code, error.option, error.cause], ["ERR_ABORTED", "signal", reason]);
      return true;
    });
  });
});

describe("an error of a handler that a program does not receive", () => {
  async function warningsOf(onError?: () => void): Promise<string[]> {
    const warnings: string[] = [];
    const listener = (warning: Error & { readonly code?: string }): void => {
      if (warning.name === "PortcallWarning") warnings.push(`${warning.code ?? ""}: ${warning.message}`);
    };
    process.on("warning", listener);
    try {
      await using server = await serve({ port: 0, onError }, () => {
        throw new Error("a bug");
      });
      for (let count = 0; count < 2; count++) {
        await using client = await connect(server.address);
        await client.read().catch(() => undefined);
      }
      await server.close();
      await new Promise((resolve) => setImmediate(resolve));
      return warnings;
    } finally {
      process.off("warning", listener);
    }
  }

  test("is a process warning, once for each code; with onError there is none", async () => {
    assert.deepEqual(await warningsOf(() => undefined), []);
    const [warning = "", ...others] = await warningsOf();
    assert.match(
      warning,
      /^ERR_HANDLER_FAILED: .*the handler failed: a bug.* Pass onError to serve\(\) to receive such errors; this warning/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(await warningsOf(), []);
  });
});
