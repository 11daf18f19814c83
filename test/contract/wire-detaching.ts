/**
 * The wire contract, last part: a socket leaves its engine without being closed. No byte is lost or doubled, and the
 * wire has no effect on it any more.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import type { Wire } from "../../src/wire/index.ts";
import { WireRecorder } from "../support/wire-recorder.ts";
import { assertSameBytes, dial, hasReset, listen, pattern, record, type WireRow } from "./wire-pair.ts";

export function testDetaching(row: WireRow, detaches: boolean): void {
  if (!detaches) {
    test("a wire without a descriptor has no `detach`", async (t) => {
      const { server } = await connectPair(t, row);
      assert.equal(server.detach, undefined);
    });
    return;
  }

  describe("detach", () => {
    test("before start: the socket has what had arrived and what arrives later, and sends", async (t) => {
      const { client, server } = await connectPair(t, row);
      const data = pattern(200_000);
      await client.send(data.subarray(0, 20_000));
      const socket = await detach(t, server);
      const received = collect(socket);
      await client.send(data.subarray(20_000));
      await received.until(data.length);
      assertSameBytes(received.bytes(), data);
      socket.write(data);
      await client.untilReceived(data.length);
      assertSameBytes(client.received, data);
    });

    for (const [name, paused] of [
      ["paused", true],
      ["reading", false],
    ] as const) {
      test(`${name}, in the middle of a stream: no byte is lost or doubled`, async (t) => {
        const { client, server } = await connectPair(t, row);
        const data = pattern(1_000_000);
        const before = new WireRecorder(server).start();
        const sending = client.send(data, 10_000);
        await before.untilReceived(50_000);
        if (paused) server.pause();
        const socket = await detach(t, server);
        const count = before.bytesReceived;
        const after = collect(socket);
        await sending;
        await after.until(data.length - count);
        assert.equal(before.bytesReceived, count);
        assertSameBytes(concatBytes([before.received, after.bytes()]), data);
      });
    }

    test("within the event of bytes: the rest is the socket's", async (t) => {
      const { client, server } = await connectPair(t, row);
      const data = pattern(300_000);
      const before = new WireRecorder(server);
      const detached = new Promise<Socket>((resolve, reject) => {
        before.onBytes = () => {
          before.onBytes = undefined;
          detach(t, server).then(resolve, reject);
        };
      });
      before.start();
      const sending = client.send(data);
      const after = collect(await detached);
      await sending;
      await after.until(data.length - before.bytesReceived);
      assertSameBytes(concatBytes([before.received, after.bytes()]), data);
    });

    test("between many small messages: no byte is lost or doubled", async (t) => {
      const { client, server } = await connectPair(t, row);
      const data = pattern(5_000);
      const before = new WireRecorder(server).start();
      for (let at = 0; at < 100; at++) {
        client.wire.write(data.subarray(at * 50, at * 50 + 50));
        if (at % 10 === 9) await before.untilReceived(at * 50 + 50);
      }
      const detaching = detach(t, server);
      client.wire.write(data);
      const after = collect(await detaching);
      await after.until(2 * data.length - before.bytesReceived);
      assertSameBytes(concatBytes([before.received, after.bytes()]), concatBytes([data, data]));
    });

    test("the peer's end that arrived before is the socket's, behind the bytes, and the socket still sends", async (t) => {
      const { client, server } = await connectPair(t, row);
      const data = pattern(5_000);
      await client.send(data);
      client.wire.end();
      const socket = await detach(t, server);
      const received = collect(socket);
      await received.end;
      assertSameBytes(received.bytes(), data);
      socket.end(data);
      await client.untilEnded();
      assertSameBytes(client.received, data);
      assert.equal(await client.closing, undefined);
    });

    test("the peer's end that arrives while a paused wire is detached is the socket's", async (t) => {
      const { client, server } = await connectPair(t, row);
      const before = new WireRecorder(server).start();
      await client.send(Uint8Array.of(1));
      await before.untilReceived(1);
      server.pause();
      const detaching = detach(t, server);
      await client.send(Uint8Array.of(2));
      client.wire.end();
      const received = collect(await detaching);
      await received.end;
      assert.deepEqual([...received.bytes()], [2]);
      assert.deepEqual(before.reported, ["bytes"]);
    });

    test("a reset while it is detached fails it or its socket", async (t) => {
      const { client, server } = await connectPair(t, row);
      const before = new WireRecorder(server).start();
      await client.send(Uint8Array.of(1));
      await before.untilReceived(1);
      const detaching = detach(t, server);
      client.abort();
      const end = await detaching.then(
        (socket) => outcome(socket),
        (error: unknown) => (error as { code: string }).code,
      );
      if (hasReset(row)) assert.equal(end, "ECONNRESET");
      else assert.ok(end === "end" || end === "ECONNRESET", end);
      assert.deepEqual(before.reported, ["bytes"]);
    });

    test("a wire with bytes to send refuses, goes on, and detaches when they are sent", async (t) => {
      const { client, server } = await connectPair(t, row);
      const before = new WireRecorder(server).start();
      client.wire.pause();
      const bytes = before.fill(pattern(100_000));
      await assert.rejects(server.detach?.() ?? Promise.resolve(), { name: "WireError", code: "EBUSY" });
      client.wire.resume();
      await before.until(() => before.drainedCount > 0);
      const socket = await detach(t, server);
      socket.end(Uint8Array.of(9));
      await client.untilEnded();
      assert.equal(client.bytesReceived, bytes + 1);
    });

    test("a wire of which a direction has ended refuses and goes on", async (t) => {
      const { client, server } = await connectPair(t, row);
      const notConnected = { name: "WireError", code: "ENOTCONN" };
      const going = record(t, server).start();
      client.wire.end();
      await assert.rejects(client.wire.detach?.() ?? Promise.resolve(), notConnected);
      await going.untilEnded();
      await assert.rejects(server.detach?.() ?? Promise.resolve(), notConnected);
      await going.send(pattern(1_000));
      going.wire.end();
      await client.untilEnded();
      assert.equal(client.bytesReceived, 1_000);
      assert.deepEqual(await Promise.all([client.closing, going.closing]), [undefined, undefined]);
      await assert.rejects(server.detach?.() ?? Promise.resolve(), notConnected);
    });

    test("the wire has no effect any more, on its socket or on the next one of its engine", async (t) => {
      const { client, server, another } = await connectPair(t, row);
      const before = new WireRecorder(server).start();
      const socket = await detach(t, server);
      const { client: nextClient, server: nextServer } = await another();
      const next = record(t, nextServer).start();
      server.pause();
      server.resume();
      server.holdProcess(false);
      server.setOptions?.({ noDelay: false, keepAliveMs: 0 });
      assert.equal(server.write(Uint8Array.of(1)), false);
      server.end();
      server.close();
      server.abort();
      assert.equal(server.tcpInfo(), undefined);
      await assert.rejects(server.detach?.() ?? Promise.resolve(), { name: "WireError" });
      const received = collect(socket);
      await client.send(Uint8Array.of(7));
      await nextClient.send(Uint8Array.of(8));
      await received.until(1);
      await next.untilReceived(1);
      socket.end(Uint8Array.of(9));
      await client.untilEnded();
      assert.deepEqual([[...received.bytes()], [...client.received], [...next.received]], [[7], [9], [8]]);
      assert.deepEqual(before.reported, []);
    });

    test("a wire that was detached and then started reports nothing", async (t) => {
      const { client, server } = await connectPair(t, row);
      const socket = await detach(t, server);
      const late = new WireRecorder(server).start();
      await client.send(Uint8Array.of(7));
      const received = collect(socket);
      await received.until(1);
      socket.destroy();
      await client.untilEnded();
      assert.deepEqual(late.reported, []);
    });

    test("a signal that was aborted before changes nothing", async (t) => {
      const { client, server } = await connectPair(t, row);
      const reason = new Error("not now");
      await assert.rejects(server.detach?.(AbortSignal.abort(reason)) ?? Promise.resolve(), reason);
      const going = record(t, server).start();
      await client.send(Uint8Array.of(1));
      await going.untilReceived(1);
    });

    test("the addresses of the wire stay known", async (t) => {
      const { server, client } = await connectPair(t, row);
      await detach(t, server);
      assert.equal(server.local.family, client.wire.remote?.family);
      if (server.local.family !== "unix" && client.wire.remote?.family !== "unix") {
        assert.equal(server.local.port, client.wire.remote?.port);
      }
    });
  });
}

interface WirePair {
  readonly client: WireRecorder;
  readonly server: Wire;
  /** One more pair of the same engine. */
  readonly another: () => Promise<Omit<WirePair, "another">>;
}

/** A started client, and a server that the test starts or detaches. */
async function connectPair(t: TestContext, row: WireRow): Promise<WirePair> {
  const engine = row.createEngine();
  const door = await listen(t, engine, row.address());
  const another = async (): Promise<Omit<WirePair, "another">> => {
    const [client, server] = await Promise.all([dial(engine, door.address), door.next()]);
    t.after(() => {
      server.close();
    });
    return { client: record(t, client).start(), server };
  };
  return { ...(await another()), another };
}

async function detach(t: TestContext, wire: Wire): Promise<Socket> {
  const socket = await (wire.detach?.() ?? Promise.reject(new Error("the wire has no `detach`")));
  // Errors that the test does not wait for.
  socket.on("error", () => undefined);
  t.after(() => {
    socket.destroy();
  });
  return socket;
}

interface Collected {
  bytes(): Uint8Array;
  until(count: number): Promise<void>;
  readonly end: Promise<unknown>;
}

/** Reads everything from a socket. */
function collect(socket: Socket): Collected {
  const chunks: Uint8Array[] = [];
  let length = 0;
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  socket.resume();
  return {
    bytes: () => concatBytes(chunks),
    async until(count) {
      while (length < count) await once(socket, "data");
    },
    end: once(socket, "end"),
  };
}

/** How the received stream ends: the code of its error, or `end`. */
function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code ?? "");
    });
    socket.on("end", () => {
      resolve("end");
    });
    socket.resume();
  });
}
