/**
 * The wire contract, third part: listening, connecting, and their failures.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WireError } from "../../src/wire/index.ts";
import {
  connectThrough,
  dial,
  join,
  listen,
  listenOptions,
  pattern,
  record,
  type WireRow,
} from "./wire-pair.ts";

const events = { accepted: () => undefined, acceptFailed: () => undefined };

export function testEstablishing(row: WireRow): void {
  const isUnix = row.address().family === "unix";

  describe("addresses", () => {
    test("are the same seen from both ends", async (t) => {
      const { door, client, server } = await join(t, row);
      assert.deepEqual(client.wire.remote, door.address);
      assert.deepEqual(server.wire.local, door.address);
      assert.deepEqual(server.wire.remote, client.wire.local);
    });

    test("port 0 becomes a number, another one each time", { skip: isUnix && "has no ports" }, async (t) => {
      const engine = row.createEngine();
      const doors = [await listen(t, engine, row.address()), await listen(t, engine, row.address())];
      const ports = doors.map(({ address }) => (address.family === "unix" ? 0 : address.port));
      assert.ok(ports.every((port) => port > 0));
      assert.notEqual(ports[0], ports[1]);
    });
  });

  describe("connecting", () => {
    test("is refused where no server listens", async (t) => {
      const engine = row.createEngine();
      const { listener, address } = await listen(t, engine, row.address());
      await listener.close();
      const expected = address.family === "unix" && !address.path.startsWith("@") ? "ENOENT" : "ECONNREFUSED";
      await assert.rejects(dial(engine, address), failure(expected, "connect"));
    });

    test("is given up with the reason of a signal that was aborted before", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      const reason = new Error("no more");
      await assert.rejects(dial(engine, door.address, AbortSignal.abort(reason)), reason);
      await connectThrough(t, engine, door);
      assert.equal(door.count, 1, "the one that was given up never came");
    });

    test("rejects with the reason of a signal that aborts it, and leaves no connection", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      const controller = new AbortController();
      const reason = new Error("no more");
      const attempt = dial(engine, door.address, controller.signal);
      controller.abort(reason);
      await assert.rejects(attempt, reason);
      const client = record(t, await dial(engine, door.address)).start();
      client.wire.write(Uint8Array.of(1));
      // The listener may have accepted the aborted one, which has closed then.
      for (;;) {
        const server = record(t, await door.next()).start();
        await server.until(() => server.bytesReceived > 0 || server.hasEnded || server.hasClosed);
        if (server.bytesReceived > 0) break;
      }
    });

    test("is over once it stands: the signal has no power over the wire, and is let go of", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      const controller = new AbortController();
      let listening = 0;
      const { signal } = controller;
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listening++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listening--;
        remove(...args);
      };
      const [wire, far] = await Promise.all([dial(engine, door.address, signal), door.next()]);
      assert.equal(listening, 0);
      controller.abort();
      const [client, server] = [record(t, wire).start(), record(t, far).start()];
      await client.send(pattern(10));
      await server.untilReceived(10);
      assert.ok(!client.hasClosed);
    });
  });

  describe("listening", () => {
    test("F30: fails on an address that is in use", async (t) => {
      const engine = row.createEngine();
      const { address } = await listen(t, engine, row.address());
      await assert.rejects(engine.listen(address, listenOptions, events), failure("EADDRINUSE", "bind"));
    });

    const { elsewhere } = row;
    test(
      "F30: fails on an address of another machine",
      { skip: !elsewhere && "the engine cannot tell" },
      async () => {
        if (elsewhere === undefined) return;
        await assert.rejects(
          row.createEngine().listen(elsewhere, listenOptions, events),
          failure("EADDRNOTAVAIL", "bind"),
        );
      },
    );

    test("fails on a descriptor where nothing is open, or in an engine that has none", async () => {
      const engine = row.createEngine();
      const code = engine.options.includes("fd") ? "EBADF" : "ENOTSUP";
      await assert.rejects(engine.inherit(0x7fffffff, listenOptions, events), failure(code, "listen"));
    });

    test("F29: frees the address when it is closed, also while clients stay", async (t) => {
      const pair = await join(t, row);
      const { engine, door, client, server } = pair;
      let { listener } = door;
      for (let round = 0; round < 5; round++) {
        await listener.close();
        listener = await engine.listen(door.address, listenOptions, events);
        assert.deepEqual(listener.address, door.address);
      }
      await listener.close();
      await client.send(pattern(100));
      await server.untilReceived(100);
    });

    test("may be closed twice", async (t) => {
      const { listener } = await listen(t, row.createEngine(), row.address());
      await Promise.all([listener.close(), listener.close()]);
    });

    test("F4: accepts all clients that connect at once, each as a wire of its own", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      const pairs = await Promise.all(Array.from({ length: 50 }, () => connectThrough(t, engine, door)));
      for (const [index, [client, server]] of pairs.entries()) {
        client.start();
        server.start();
        client.wire.write(Uint8Array.of(index));
      }
      await Promise.all(pairs.map(([, server]) => server.untilReceived(1)));
      const seen = pairs.map(([, server]) => server.received[0]).toSorted((a, b) => Number(a) - Number(b));
      assert.deepEqual(
        seen,
        Array.from({ length: 50 }, (_, index) => index),
      );
    });
  });

  describe("a paused listener", () => {
    test("goes on where it was when it is resumed", async (t) => {
      const pair = await join(t, row);
      pair.door.listener.pause();
      pair.door.listener.resume();
      await connectThrough(t, pair.engine, pair.door);
    });

    test("leaves its clients queued, in their order, connected", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      if (!door.listener.leavesClientsQueued) return t.skip("the listener says that it can not");
      door.listener.pause();
      const clients = [];
      for (let index = 0; index < 3; index++) {
        const client = record(t, await dial(engine, door.address)).start();
        client.wire.write(Uint8Array.of(index));
        clients.push(client);
      }
      assert.equal(door.count, 0);
      door.listener.resume();
      for (const index of clients.keys()) {
        const server = record(t, await door.next()).start();
        await server.untilReceived(1);
        assert.equal(server.received[0], index);
      }
    });

    test("resets clients that are still queued when it closes", async (t) => {
      const engine = row.createEngine();
      const door = await listen(t, engine, row.address());
      if (!door.listener.leavesClientsQueued) return t.skip("the listener says that it can not");
      door.listener.pause();
      const client = record(t, await dial(engine, door.address)).start();
      await door.listener.close();
      assert.equal((await client.closing)?.code, "ECONNRESET");
    });
  });

  test("tells how many descriptors there are, if any are used", async (t) => {
    const engine = row.createEngine();
    const before = engine.descriptors();
    if (before === undefined) return;
    assert.ok(before.limit >= before.open && before.open > 0);
    const door = await listen(t, engine, row.address());
    const pairs = [];
    for (let count = 0; count < 10; count++) pairs.push(...(await connectThrough(t, engine, door)));
    const during = engine.descriptors();
    assert.ok((during?.open ?? 0) >= before.open + 20);
    for (const end of pairs) end.start().close();
    await Promise.all(pairs.map((end) => end.closing));
    assert.ok((engine.descriptors()?.open ?? 0) <= (during?.open ?? 0) - 20);
  });
}

function failure(code: string, during: WireError["during"]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof WireError, String(error));
    assert.deepEqual([error.code, error.during], [code, during]);
    assert.equal(error.name, "WireError");
    return true;
  };
}
