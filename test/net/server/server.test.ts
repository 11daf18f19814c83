/** What a server promises to its clients, handlers and observers. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Engine } from "../../../src/engine.ts";
import {
  connect,
  formatAddress,
  limits,
  lines,
  NetError,
  raw as rawCodec,
  serve,
  type Connection,
  type CloseInfo,
  type Handler,
  type RawConnection,
  type RawHandler,
  type ServeOptions,
  type Server,
  type SocketEvent,
} from "../../../src/index.ts";
import { tcpAddress } from "../../../src/base/address/address.ts";
import { WireError } from "../../../src/wire/index.ts";
import { readAll } from "../../support/connection-pair.ts";
import { forEachEngine } from "../../support/engines.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";
import { turnsUntil } from "../../support/turns.ts";

type Bytes = Uint8Array;
type Options = Partial<ServeOptions<Bytes, Bytes>>;

interface Watched {
  readonly server: Server;
  readonly engine: Engine;
  readonly events: SocketEvent[];
  readonly errors: NetError[];
  /** The types of past events, of these types only. */
  readonly happened: (...types: readonly SocketEvent["type"][]) => string[];
  readonly dial: () => Promise<Connection>;
}

/** A server whose events and errors are recorded; aborted when the test ends, and complete then. */
async function start(
  t: TestContext,
  engine: Engine,
  handler: Handler<Bytes, Bytes> | RawHandler,
  options: Options = {},
): Promise<Watched> {
  const events: SocketEvent[] = [];
  const errors: NetError[] = [];
  const server = await serve(
    { engine, onEvent: (event) => events.push(event), onError: (error) => errors.push(error), ...options },
    handler as RawHandler,
  );
  const clients: Connection[] = [];
  t.after(async () => {
    const closed = server.close({ drainMs: 0 });
    await Promise.all(clients.map((client) => client.abort()));
    await closed;
    const opened = events.flatMap((event) => (event.type === "opened" ? [event.connection] : []));
    const ended = events.flatMap((event) => (event.type === "closed" ? [event.connection] : []));
    assert.deepEqual(
      ended.toSorted((a, b) => a - b),
      opened,
      "each that has opened has closed once",
    );
    assert.deepEqual(server.stats.connections, 0);
  });
  return {
    server,
    engine,
    events,
    errors,
    happened: (...types) => events.flatMap(({ type }) => (types.includes(type) ? [type] : [])),
    async dial() {
      const client = await connect(formatAddress(server.address), { engine });
      clients.push(client);
      return client;
    },
  };
}

function occasion<T = void>(): { readonly promise: Promise<T>; readonly come: (value: T) => void } {
  let come!: (value: T) => void;
  const promise = new Promise<T>((resolve) => (come = resolve));
  return { promise, come };
}

const echo: Handler<Bytes, Bytes> = async (client) => {
  for await (const chunk of client) await client.write(chunk);
};

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

/** A second address of this machine: only Linux has all of 127.0.0.0/8. */
const otherHost = process.platform === "linux" ? "127.0.0.2" : "::1";

forEachEngine((createEngine) => {
  describe("a handler", () => {
    test("is run for each client, and its return ends the connection in good order", async (t) => {
      const { dial, server } = await start(t, createEngine(), async (client, its) => {
        assert.equal(its, server);
        await client.write(`hello ${client.id}`);
      });
      const clients = await Promise.all([dial(), dial(), dial()]);
      const said = await Promise.all(clients.map(async (client) => (await readAll(client)).toString()));
      assert.deepEqual(said.toSorted(), ["hello 1", "hello 2", "hello 3"]);
      const endings = await Promise.all(clients.map((client) => client.close()));
      assert.deepEqual(
        endings.map(({ how, by }) => `${how} by ${by}`),
        Array.from({ length: 3 }, () => "fin by peer"),
      );
      assert.equal(server.stats.connectionsTotal, 3);
    });

    test("may have a codec", async (t) => {
      const engine = createEngine();
      await using server = await serve({ engine, codec: lines() }, async (client) => {
        await client.write("Welcome to the server. Type something and hit enter\n");
        for await (const line of client) await client.send(`OK... ${line}`);
      });
      const client = await connect(formatAddress(server.address), { engine, codec: lines() });
      t.after(() => client.abort());
      assert.equal(await client.receive(), "Welcome to the server. Type something and hit enter");
      await client.send("hi");
      assert.equal(await client.receive(), "OK... hi");
      await client.close();
    });

    test("whose codec throws costs its own connection, on either side", async (t) => {
      const broken = {
        ...rawCodec(),
        decoder(): never {
          throw new Error("no decoder today");
        },
      };
      const { server, engine, errors, dial } = await start(t, createEngine(), () => Promise.resolve(), {
        codec: broken,
      });
      // The reset may arrive before the client has seen the connection open.
      await dial().then(
        (client) => client.closed,
        () => undefined,
      );
      await turnsUntil(() => server.stats.connections === 0);
      assert.match(String(errors[0]?.message), /no decoder today/);

      const accepted: Connection[] = [];
      const other = await serve({ engine }, async (client) => {
        accepted.push(client);
        await client.closed;
      });
      await assert.rejects(
        connect(formatAddress(other.address), { engine, codec: broken }),
        /no decoder today/,
      );
      await turnsUntil(() => accepted.length > 0);
      await other.close();
      assert.equal((await accepted[0]?.closed)?.how, "reset");
    });

    test("that throws closes its own connection, and the error is reported with its stage and cause", async (t) => {
      const thrown = new Error("no such user");
      const { dial, server, errors, happened, events } = await start(t, createEngine(), async (client) => {
        for await (const chunk of client) {
          if (text(chunk) === "bad") throw thrown;
          await client.write(chunk);
        }
      });
      const good = await dial();
      const bad = await dial();
      await bad.write("bad");
      await assert.rejects(readAll(bad), { code: "ECONNRESET" });
      await turnsUntil(() => errors.length > 0);
      const [error] = errors;
      assert.ok(error instanceof NetError);
      assert.deepEqual([error.code, error.stage, error.cause], ["ERR_HANDLER_FAILED", "receive", thrown]);
      assert.equal(error.message, `receive ${formatAddress(bad.local)}: the handler failed: no such user`);
      await turnsUntil(() => happened("closed").length === 1);
      const closed = events.find((event) => event.type === "closed");
      assert.deepEqual(
        [closed?.closeInfo.how, closed?.closeInfo.by, closed?.closeInfo.error],
        ["failed", "us", error],
      );
      await good.write("still here");
      assert.equal(text(await good.read()), "still here");
      assert.equal(server.stats.connections, 1);
    });

    for (const [name, handler] of [
      ["at once", () => assert.fail("at once")],
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      ["something that is no error", () => Promise.reject("word")],
      ["after it has closed", (client: Connection) => client.close().then(() => assert.fail("late"))],
    ] as const) {
      test(`may throw ${name}: the server goes on`, async (t) => {
        const { dial, errors } = await start(t, createEngine(), handler);
        for (let count = 1; count <= 2; count++) {
          // It may be reset before it knows that it was connected.
          const client = await dial().catch(() => undefined);
          if (client !== undefined) await readAll(client).catch(() => undefined);
          await client?.close();
          await turnsUntil(() => errors.length === count);
          assert.equal(errors[count - 1]?.code, "ERR_HANDLER_FAILED");
        }
      });
    }

    test("that fails because its connection closed is reported with that error, not as a failed handler", async (t) => {
      const { dial, errors, events, happened } = await start(t, createEngine(), async (client) => {
        for await (const chunk of client) void chunk;
      });
      const client = await dial();
      await client.write("x");
      await client.flush();
      await client.abort();
      await turnsUntil(() => errors.length > 0);
      assert.equal(errors[0]?.code, "ECONNRESET");
      const closed = events.find((event) => event.type === "closed");
      assert.equal(closed?.closeInfo.error, errors[0]);
      assert.deepEqual(happened("handlerFailed"), []);
    });

    test("F8: that is sent too long a message ends the connection for that reason, in good order", async (t) => {
      const { dial, events, errors } = await start(t, createEngine(), async (client) => {
        await client.write("hello\n");
        await client.readLine({ lineBytesMax: 10 });
      });
      const client = await dial();
      await client.write("x".repeat(100));
      assert.equal((await readAll(client)).toString(), "hello\n");
      await client.close();
      await turnsUntil(() => events.some(({ type }) => type === "closed"));
      const closed = events.find((event) => event.type === "closed");
      assert.deepEqual(
        [closed?.closeInfo.how, closed?.closeInfo.by, closed?.closeInfo.stage],
        ["limit", "us", "receive"],
      );
      assert.equal(closed?.closeInfo.error?.code, "ERR_MESSAGE_TOO_LONG");
      assert.equal(errors[0], closed?.closeInfo.error);
    });

    test("F36: that is sent half a message ends the connection for that reason", async (t) => {
      const { dial, events } = await start(t, createEngine(), async (client) => {
        await client.readExactly(10);
      });
      const client = await dial();
      await client.write("12345");
      await client.close();
      await turnsUntil(() => events.some(({ type }) => type === "closed"));
      const closed = events.find((event) => event.type === "closed");
      assert.deepEqual([closed?.closeInfo.how, closed?.closeInfo.error?.code], ["protocol", "ERR_TRUNCATED"]);
    });

    test("F20: may answer a client that has ended", async (t) => {
      const { dial } = await start(t, createEngine(), async (client) => {
        const question = await readAll(client);
        await client.write(`you said ${question.toString()}`);
      });
      const client = await dial();
      await client.write("all");
      await client.end();
      assert.equal((await readAll(client)).toString(), "you said all");
    });
  });

  describe("concurrency", () => {
    test("serves as many at once; the others wait, connected, and are served in their order", async (t) => {
      const order: string[] = [];
      const { dial, server, happened } = await start(
        t,
        createEngine(),
        async (client) => {
          order.push(`in ${client.id}`);
          for await (const chunk of client) await client.write(chunk);
          order.push(`out ${client.id}`);
        },
        { concurrency: 1 },
      );
      const clients = [];
      for (let count = 0; count < 3; count++) {
        const client = await dial();
        await client.write(String(count));
        await client.end();
        clients.push(client);
      }
      for (const [index, client] of clients.entries()) {
        assert.equal((await readAll(client)).toString(), String(index));
        await client.close();
      }
      assert.deepEqual(order, ["in 1", "out 1", "in 2", "out 2", "in 3", "out 3"]);
      await turnsUntil(() => server.stats.connections === 0);
      assert.deepEqual(happened("refused"), []);
    });

    test("counts a client no longer once nothing is owed to it, though it lingers", async (t) => {
      const { dial } = await start(t, createEngine(), (client) => client.write("served"), { concurrency: 1 });
      const lingering = await dial();
      assert.equal(text(await lingering.read()), "served");
      const next = await dial();
      assert.equal(text(await next.read()), "served");
      assert.equal(lingering.closeInfo, undefined);
    });
  });

  describe("acceptMax", () => {
    test("stops listening after as many, and closes when they have ended", async (t) => {
      const { dial, server } = await start(t, createEngine(), echo, { acceptMax: 2 });
      const first = await dial();
      const second = await dial();
      await second.write("x");
      assert.equal(text(await second.read()), "x");
      await assert.rejects(dial(), { code: "ECONNREFUSED" });
      await Promise.all([first.close(), second.close()]);
      await server.closed;
      assert.equal(server.stats.connectionsTotal, 2);
    });

    test("closes the clients beyond the number, when all connected at the same moment", async (t) => {
      const { dial, server } = await start(t, createEngine(), echo, { acceptMax: 2 });
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const client = await dial();
          await client.write("x");
          const answer = text(await client.read());
          await client.close();
          return answer;
        }).map((talk) => talk.catch((error: unknown) => (error as NetError).code)),
      );
      assert.deepEqual(
        outcomes.filter((outcome) => outcome === "x"),
        ["x", "x"],
      );
      const others = outcomes.filter((outcome) => outcome !== "x");
      for (const outcome of others) assert.match(String(outcome), /^(ECONNREFUSED|ECONNRESET|EPIPE)$/);
      await server.closed;
      assert.equal(server.stats.connectionsTotal, 2);
    });

    test("aborts the drain signal for handlers of accepted clients", async (t) => {
      const { dial, server, happened } = await start(
        t,
        createEngine(),
        async (client, { drainSignal: draining }) => {
          await client.write("hello");
          if (!draining.aborted) await new Promise((resolve) => draining.addEventListener("abort", resolve));
          await client.write(", bye");
        },
        { acceptMax: 1 },
      );
      const client = await dial();
      assert.equal(text(await client.readExactly(5)), "hello");
      const closing = server.close();
      assert.equal((await readAll(client)).toString(), ", bye");
      await client.close();
      await closing;
      assert.deepEqual(happened("draining", "serverClosed"), ["draining", "serverClosed"]);
    });
  });

  describe("connectionsMax", () => {
    test("refuses clients beyond it with the text, and reports which limit it was", async (t) => {
      const { dial, events, server } = await start(t, createEngine(), echo, {
        connectionsMax: 2,
        refusal: "busy\n",
      });
      const held = [await dial(), await dial()];
      for (const one of held) {
        await one.write("x");
        await one.read();
      }
      const refused = await dial();
      assert.equal((await readAll(refused)).toString(), "busy\n");
      const event = events.find(({ type }) => type === "refused");
      assert.ok(event?.type === "refused");
      const { reason, limit, connections, remote } = event;
      assert.deepEqual({ reason, limit, connections }, { reason: "connections", limit: 2, connections: 2 });
      assert.deepEqual(remote, refused.local);
      await refused.close();
      await held[0]?.close();
      await turnsUntil(() => server.stats.connections === 1);
      const next = await dial();
      await next.write("y");
      assert.equal(text(await next.read()), "y");
      assert.deepEqual(server.stats, {
        connections: 2,
        waiting: 0,
        connectionsTotal: 3,
        refusedTotal: 1,
        tlsFailedTotal: 0,
      });
    });

    test("without a text it just closes, and data of a refused client has no effect", async (t) => {
      const { dial } = await start(t, createEngine(), echo, { connectionsMax: 1 });
      const held = await dial();
      await held.write("x");
      await held.read();
      const refused = await dial();
      await refused.write("let me in");
      assert.equal(await refused.read(), null);
      await refused.close();
    });
  });

  describe("pause and resume", () => {
    test("keep new clients waiting in order, and serve them on resume", async (t) => {
      const { dial, server, happened } = await start(t, createEngine(), (client) =>
        client.write(`${client.id}`),
      );
      server.pause();
      const clients = [await dial(), await dial()];
      for (let turns = 0; turns < 20; turns++) await turn();
      assert.equal(server.stats.connections, 0);
      server.resume();
      assert.deepEqual(await Promise.all(clients.map(async (client) => text(await client.read()))), [
        "1",
        "2",
      ]);
      assert.deepEqual(happened("acceptingPaused", "acceptingResumed"), [
        "acceptingPaused",
        "acceptingResumed",
      ]);
    });

    test("clients that wait when the server closes are closed", async (t) => {
      const { dial, server } = await start(t, createEngine(), echo);
      server.pause();
      const waiting = await dial();
      await server.close();
      await assert.rejects(waiting.read(), { code: "ECONNRESET" });
    });
  });

  describe("close", () => {
    test("stops listening, lets handlers finish, and resolves with the last one", async (t) => {
      const { dial, server, events } = await start(
        t,
        createEngine(),
        async (client, { drainSignal: draining }) => {
          await client.write("working");
          if (!draining.aborted) await new Promise((resolve) => draining.addEventListener("abort", resolve));
          await client.write(", done");
        },
      );
      const client = await dial();
      assert.equal(text(await client.readExactly(7)), "working");
      assert.ok(!server.drainSignal.aborted);
      const closing = server.close();
      assert.ok(server.drainSignal.aborted);
      await assert.rejects(dial(), { code: "ECONNREFUSED" });
      assert.equal((await readAll(client)).toString(), ", done");
      await client.close();
      await closing;
      await server.closed;
      await server.close();
      const last = events.slice(-3).map((event) => event.type);
      assert.deepEqual(last, ["finReceived", "closed", "serverClosed"]);
      const draining = events.find((event) => event.type === "draining");
      assert.deepEqual([draining?.connections, draining?.drainMs], [1, limits.drainMs.value]);
    });

    test("drainMs 0 cuts at once", async (t) => {
      const { dial, server, events } = await start(t, createEngine(), echo);
      const client = await dial();
      await client.write("x");
      await client.read();
      const reading = client.read();
      await server.close({ drainMs: 0 });
      await assert.rejects(reading, { code: "ECONNRESET" });
      const closed = events.find((event) => event.type === "closed");
      assert.deepEqual(
        [closed?.closeInfo.how, closed?.closeInfo.error?.code],
        ["aborted", "ERR_DRAIN_TIMEOUT"],
      );
    });

    test("frees the address, and may come twice", async (t) => {
      const engine = createEngine();
      const { server } = await start(t, engine, echo);
      await Promise.all([server.close(), server.close()]);
      const { address } = server;
      if (address.family === "unix") return;
      const again = await serve({ engine, port: address.port }, echo);
      assert.deepEqual(again.address, address);
      await again.close();
    });
  });

  describe("raw mode", () => {
    test("calls as things happen, with a view that may be written back at once", async (t) => {
      const reported: string[] = [];
      const { dial } = await start(t, createEngine(), {
        opened(connection) {
          reported.push("opened");
          connection.data = { count: 0 };
          connection.write("hello ");
        },
        bytes(connection, view) {
          (connection.data as { count: number }).count += view.length;
          connection.write(view);
        },
        ended(connection) {
          reported.push(`ended after ${(connection.data as { count: number }).count}`);
          connection.write(" bye");
          connection.end();
        },
        closed(_connection, { how }) {
          reported.push(how);
        },
      });
      const client = await dial();
      await client.write("one ");
      await client.write("two");
      await client.end();
      assert.equal((await readAll(client)).toString(), "hello one two bye");
      await client.closed;
      await turnsUntil(() => reported.length === 3);
      assert.deepEqual(reported, ["opened", "ended after 7", "fin"]);
    });

    test("gives `opened` the server, which tells when it drains", async (t) => {
      const { server, dial } = await start(t, createEngine(), {
        opened(connection, { drainSignal: draining }) {
          draining.addEventListener("abort", () => connection.close());
          connection.write("hello");
        },
        bytes() {},
      });
      const client = await dial();
      await client.readExactly(5);
      const closed = server.close();
      assert.equal(await client.read(), null);
      await client.close();
      await closed;
    });

    test("without `ended` the connection closes when the peer has ended, everything written being sent", async (t) => {
      const { dial } = await start(t, createEngine(), {
        bytes: (connection, view) => void connection.write(view),
      });
      const client = await dial();
      const sent = Buffer.alloc(600_000, "0123456789");
      const writing = client.write(sent).then(() => client.end());
      assert.deepEqual(await readAll(client), sent);
      await writing;
      assert.equal((await client.closed).how, "fin");
    });

    test("a view goes to others too, also to one whose queue is full: each gets every byte", async (t) => {
      const members: RawConnection[] = [];
      const { dial } = await start(
        t,
        createEngine(),
        {
          opened: (connection) => void members.push(connection),
          bytes(_connection, view) {
            for (const member of members) member.write(view);
          },
        },
        { writeQueueBytesMax: 10_000_000 },
      );
      const reader = await dial();
      const sleeper = await dial();
      await turnsUntil(() => members.length === 2);
      const sent = Buffer.alloc(6_000_000);
      for (let index = 0; index < sent.length; index++) sent[index] = index % 251;
      void reader.write(sent);
      const [heard] = await Promise.all([
        reader.readExactly(sent.length),
        turnsUntil(() => (members[1]?.pendingBytes ?? 0) > 0),
      ]);
      assert.equal(Buffer.compare(heard ?? Buffer.alloc(0), sent), 0);
      const late = await sleeper.readExactly(sent.length);
      assert.equal(Buffer.compare(late ?? Buffer.alloc(0), sent), 0);
    });

    test("write says whether it waits, drained that it no longer does; past the queue's limit it throws", async (t) => {
      const drained = occasion();
      const opened = occasion<RawConnection>();
      const { dial } = await start(t, createEngine(), {
        opened: opened.come,
        bytes: () => undefined,
        drained: () => drained.come(),
      });
      const client = await dial();
      const raw = await opened.promise;
      const piece = Buffer.alloc(65_536);
      let bytes = 0;
      do bytes += piece.length;
      while (raw.write(piece));
      assert.ok(raw.pendingBytes > 0);
      assert.throws(
        () => {
          for (;;) {
            raw.write(piece);
            bytes += piece.length;
          }
        },
        { code: "ERR_WRITE_QUEUE_FULL", option: "writeQueueBytesMax" },
      );
      assert.ok(raw.pendingBytes <= limits.writeQueueBytesMax.value);
      assert.equal((await client.readExactly(bytes))?.length, bytes);
      await drained.promise;
    });

    test("totalWriteQueueBytesMax: past it, the connection with the longest queue is closed, and no other", async (t) => {
      const members: RawConnection[] = [];
      const endings: CloseInfo[] = [];
      const { dial, errors } = await start(
        t,
        createEngine(),
        {
          opened: (connection) => void members.push(connection),
          bytes: () => undefined,
          closed: (_, closeInfo) => void endings.push(closeInfo),
        },
        { totalWriteQueueBytesMax: 20_000_000, writeQueueBytesMax: Infinity },
      );
      const clients = [await dial(), await dial(), await dial()];
      await turnsUntil(() => members.length === 3);
      const [short, long, silent] = members as [RawConnection, RawConnection, RawConnection];
      let written = 0;
      while (long.writable) {
        long.write(Buffer.alloc(1_000_000));
        if (!long.writable) break;
        short.write(Buffer.alloc(250_000, "s"));
        written += 250_000;
        assert.ok(short.pendingBytes + long.pendingBytes <= 22_000_000);
      }
      assert.ok(short.writable && silent.writable);
      await turnsUntil(() => endings.length > 0);
      const [closeInfo] = endings;
      assert.deepEqual(
        [closeInfo?.how, closeInfo?.by, closeInfo?.stage, closeInfo?.error?.code, closeInfo?.error?.option],
        ["limit", "us", "send", "ERR_WRITE_QUEUE_FULL", "totalWriteQueueBytesMax"],
      );
      assert.equal((await clients[0]?.readExactly(written))?.length, written, "the other loses nothing");
      // Bytes of the closed connection no longer count, and sent bytes do not count either.
      for (let count = 0; count < 10; count++) {
        silent.write(Buffer.alloc(1_000_000));
        assert.equal((await clients[2]?.readExactly(1_000_000))?.length, 1_000_000);
      }
      assert.deepEqual([endings.length, errors.length], [1, 0]);
    });

    for (const how of ["end", "close", "abort"] as const) {
      test(`after ${how}() write throws, and every byte before it is accounted for`, async (t) => {
        const opened = occasion<RawConnection>();
        const over = occasion<readonly [RawConnection, CloseInfo]>();
        const { dial, errors } = await start(t, createEngine(), {
          opened: opened.come,
          bytes: () => undefined,
          closed: (connection, closeInfo) => over.come([connection, closeInfo]),
        });
        const client = await dial();
        const raw = await opened.promise;
        assert.equal(raw.writable, true);
        const accepted = 9_000_000;
        assert.equal(raw.write(Buffer.alloc(accepted)), false);
        raw[how]();
        assert.equal(raw.writable, false);
        assert.throws(() => raw.write("more"), {
          code: "ERR_CLOSED",
          message: new RegExp(`: ${how === "abort" ? "the connection" : "our side"} has ended$`),
        });
        assert.throws(() => raw.write(""), { code: "ERR_CLOSED" });
        if (how !== "abort") assert.equal((await readAll(client)).length, accepted);
        await client.close();
        const [, { bytesSent, bytesUnsent }] = await over.promise;
        assert.equal(bytesSent + bytesUnsent, accepted);
        assert.equal(bytesUnsent > 0, how === "abort");
        assert.deepEqual(errors, []);
      });
    }

    test("pause stops the bytes, and the peer with them; resume loses none", async (t) => {
      const opened = occasion<RawConnection>();
      let received = 0;
      const { dial } = await start(t, createEngine(), {
        opened: opened.come,
        bytes(connection, view) {
          received += view.length;
          connection.pause();
          setImmediate(() => {
            connection.resume();
          });
        },
      });
      const client = await dial();
      const raw = await opened.promise;
      await client.write(Buffer.alloc(2_000_000));
      await client.end();
      await client.closed;
      assert.equal(received, 2_000_000);
      assert.equal(raw.bytesReceived, 2_000_000);
    });

    for (const callback of ["opened", "bytes", "ended", "drained", "closed"] as const) {
      test(`a throwing \`${callback}\` costs its own connection, and nothing else`, async (t) => {
        const thrown = new Error(`in ${callback}`);
        let harmless = false;
        const handler: RawHandler = {
          opened(connection) {
            if (!harmless && callback === "drained") connection.write(Buffer.alloc(9_000_000));
          },
          bytes(connection, view) {
            if (harmless) connection.write(view);
          },
          ended(connection) {
            if (callback !== "drained") connection.close();
          },
          ...{
            [callback]: (connection: RawConnection, view?: Uint8Array) => {
              if (!harmless) throw thrown;
              if (callback === "bytes" && view !== undefined) connection.write(view);
            },
          },
        };
        const { dial, errors, server } = await start(t, createEngine(), handler);
        // It may be reset before it knows that it was connected.
        const bad = await dial().catch(() => undefined);
        void bad?.write("x");
        void bad?.end();
        await bad?.readExactly(9_000_000).catch(() => undefined);
        await turnsUntil(() => errors.length > 0);
        assert.deepEqual([errors[0]?.code, errors[0]?.cause], ["ERR_HANDLER_FAILED", thrown]);
        await bad?.abort();
        await turnsUntil(() => server.stats.connections === 0);
        harmless = true;
        const good = await dial();
        await good.write("y");
        assert.equal(text(await good.read()), "y");
        assert.equal(errors.length, 1);
      });
    }

    test("F37: after the end, every call but write has no effect", async (t) => {
      const over = occasion<readonly [RawConnection, CloseInfo]>();
      const { dial } = await start(t, createEngine(), {
        bytes: () => undefined,
        closed: (connection, closeInfo) => over.come([connection, closeInfo]),
      });
      const client = await dial();
      await client.abort();
      const [raw, closeInfo] = await over.promise;
      assert.equal(raw.writable, false);
      assert.throws(() => raw.write("x"), {
        code: "ERR_CLOSED",
        stage: "send",
        message: /: the connection has ended$/,
        cause: closeInfo.error,
      });
      raw.pause();
      raw.resume();
      raw.end();
      raw.close();
      raw.abort();
      for (let turns = 0; turns < 5; turns++) await turn();
    });

    test("closes from within bytes: the rest is thrown away, what was written arrives", async (t) => {
      let calls = 0;
      const { dial } = await start(t, createEngine(), {
        bytes(connection) {
          calls++;
          connection.write("enough");
          connection.close();
        },
      });
      const client = await dial();
      void client.write(Buffer.alloc(300_000));
      assert.equal((await readAll(client)).toString(), "enough");
      await client.close();
      assert.equal(calls, 1);
    });
  });

  describe("observers", () => {
    test("receive the events of a server in order", async (t) => {
      const { dial, server, events } = await start(t, createEngine(), echo);
      const client = await dial();
      await client.write("x");
      await client.read();
      await client.close();
      await server.close();
      assert.deepEqual(
        events.map(({ type }) => type),
        ["listening", "opened", "finReceived", "finSent", "closed", "draining", "serverClosed"],
      );
      const times = events.map(({ atMs }) => atMs);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const [listening, opened] = events;
      assert.ok(listening?.type === "listening" && opened?.type === "opened");
      assert.deepEqual([listening.address, listening.backlog], [server.address, limits.backlog.value]);
      assert.deepEqual([opened.role, opened.local, opened.remote], ["server", server.address, client.local]);
    });

    test("get the bytes only if they ask for them", async (t) => {
      const crossed: string[] = [];
      const { dial } = await start(t, createEngine(), echo, {
        onBytes: ({ type, bytes }) => crossed.push(`${type} ${Buffer.from(bytes).toString()}`),
      });
      const client = await dial();
      await client.write("x");
      await client.read();
      assert.deepEqual(crossed, ["bytesReceived x", "bytesSent x"]);
    });

    test("that throw harm nothing: it is an uncaught error of the program, not of the connection", async (t) => {
      const uncaught: unknown[] = [];
      process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error));
      t.after(() => process.setUncaughtExceptionCaptureCallback(null));
      const thrown = new Error("the observer's");
      const watching = (): never => {
        throw thrown;
      };
      const engine = createEngine();
      const server = await serve(
        { engine, onEvent: watching, onBytes: watching, onError: watching },
        async (client) => {
          await echo(client, server);
          throw new Error("the handler's");
        },
      );
      const client = await connect(formatAddress(server.address), { engine, onEvent: watching });
      await client.write("x");
      assert.equal(text(await client.read()), "x");
      await client.end();
      await assert.rejects(client.read(), { code: "ECONNRESET" });
      await server.close();
      await turn();
      assert.ok(uncaught.length >= 6);
      assert.deepEqual(new Set(uncaught), new Set([thrown]));
    });
  });

  test("several addresses of a name share the port", async (t) => {
    const engine = createEngine();
    const { server, events } = await start(t, engine, echo, {
      host: "name.test",
      resolver: () => Promise.resolve(["127.0.0.1", otherHost]),
    });
    const { addresses } = server;
    assert.deepEqual(
      addresses.map((one) => (one.family === "unix" ? "" : one.host)),
      ["127.0.0.1", otherHost],
    );
    assert.equal(new Set(addresses.map((one) => (one.family === "unix" ? 0 : one.port))).size, 1);
    assert.deepEqual(server.address, addresses[0]);
    assert.equal(events.filter(({ type }) => type === "listening").length, 2);
    for (const address of addresses) {
      await using client = await connect(formatAddress(address), { engine });
      await client.write("x");
      assert.equal(text(await client.read()), "x");
    }
    await server.close();
    for (const address of addresses) {
      await assert.rejects(connect(formatAddress(address), { engine }), { code: "ECONNREFUSED" });
    }
  });

  test("F30: an address in use is reported in one line", async (t) => {
    const engine = createEngine();
    const { server } = await start(t, engine, echo);
    const { address } = server;
    assert.ok(address.family !== "unix");
    await assert.rejects(serve({ engine, port: address.port }, echo), (error) => {
      assert.ok(error instanceof NetError);
      assert.deepEqual([error.code, error.stage], ["EADDRINUSE", "bind"]);
      assert.equal(error.message, `bind ${formatAddress(address)}: address already in use (EADDRINUSE)`);
      return true;
    });
  });

  test("F4: serves all clients that connect at once", async (t) => {
    const { dial, server } = await start(t, createEngine(), echo);
    const clients = await Promise.all(Array.from({ length: 200 }, dial));
    const answers = await Promise.all(
      clients.map(async (client, index) => {
        await client.write(String(index));
        await client.end();
        return Number((await readAll(client)).toString());
      }),
    );
    assert.deepEqual(answers, [...answers.keys()]);
    await Promise.all(clients.map((client) => client.closed));
    await turnsUntil(() => server.stats.connections === 0);
  });
});

describe("while it begins to listen", () => {
  /** An engine on which the second address listens late, and then does what the test wants. */
  function slowToListen(): {
    engine: Engine;
    settle: () => Promise<void>;
    listenNow: () => void;
    failNow: () => void;
  } {
    const { engine, settle } = simulateNetwork();
    const decision = occasion<boolean>();
    return {
      engine: {
        ...engine,
        async listen(address, options, events) {
          if (address.family !== "unix" && address.host === "127.0.0.2" && !(await decision.promise)) {
            return engine.listen(tcpAddress("127.0.0.1", address.port), options, events);
          }
          return engine.listen(address, options, events);
        },
      },
      settle,
      listenNow: () => decision.come(true),
      failNow: () => decision.come(false),
    };
  }
  const name = {
    host: "name.test",
    port: 7,
    resolver: () => Promise.resolve(["127.0.0.1", "127.0.0.2"]),
  } as const;

  test("a client that is early waits until the server is whole", async (t) => {
    const { engine, settle, listenNow } = slowToListen();
    const seen: string[] = [];
    const starting = serve({ engine, ...name, acceptMax: 1 }, (client, server) => {
      seen.push(formatAddress(server.address));
      return client.write("hello");
    });
    await settle();
    const early = await connect("127.0.0.1:7", { engine });
    t.after(() => early.abort());
    await settle();
    assert.deepEqual(seen, []);
    listenNow();
    const server = await starting;
    assert.equal((await readAll(early)).toString(), "hello");
    assert.deepEqual(seen, ["127.0.0.1:7"]);
    await early.close();
    await server.closed;
    await assert.rejects(connect("127.0.0.2:7", { engine }), { code: "ECONNREFUSED" });
  });

  test("a client that is early is let go if it fails, and nothing is left open", async () => {
    const { engine, settle, failNow } = slowToListen();
    const events: SocketEvent[] = [];
    const starting = serve({ engine, ...name, onEvent: (event) => events.push(event) }, echo);
    await settle();
    const early = await connect("127.0.0.1:7", { engine });
    await settle();
    failNow();
    await assert.rejects(starting, { code: "EADDRINUSE", stage: "bind" });
    assert.equal((await early.closed).how, "reset");
    assert.deepEqual(events, []);
    await assert.rejects(connect("127.0.0.1:7", { engine }), { code: "ECONNREFUSED" });
  });

  test("a port that the system chose, but that is in use on another of the addresses, is chosen anew", async (t) => {
    const { engine } = simulateNetwork();
    const events = { accepted: () => undefined, acceptFailed: () => undefined };
    const options = { noDelay: true, keepAliveMs: 0, backlog: 1, ipv6Only: false };
    // In memory, ports are chosen in sequence.
    const last = await engine.listen(tcpAddress("127.0.0.1", 0), options, events);
    const next = last.address.family === "unix" ? 0 : last.address.port + 1;
    await engine.listen(tcpAddress("127.0.0.2", next), options, events);
    const { resolver, host } = name;
    const server = await serve({ engine, host, resolver }, echo);
    t.after(() => server.close());
    assert.deepEqual(server.addresses.map(formatAddress), [`127.0.0.1:${next + 1}`, `127.0.0.2:${next + 1}`]);
    await assert.rejects(connect(`127.0.0.1:${next}`, { engine }), { code: "ECONNREFUSED" });
    await assert.rejects(serve({ engine, host, resolver, port: next }, echo), {
      code: "EADDRINUSE",
      message: `bind 127.0.0.2:${next}: address already in use (EADDRINUSE)`,
    });
  });

  test("a name without any address is an error of its look-up", async () => {
    const { engine } = simulateNetwork();
    await assert.rejects(serve({ engine, host: "name.test", resolver: () => Promise.resolve([]) }, echo), {
      code: "ENOTFOUND",
      message: "resolve name.test: the name has no address",
    });
  });

  test("an address of a family that the machine does not speak is left out, if another one is there", async () => {
    const { engine } = simulateNetwork();
    const ipv4Only: Engine = {
      ...engine,
      listen: (address, options, events) =>
        address.family === 6
          ? Promise.reject(new WireError("EADDRNOTAVAIL", "bind"))
          : engine.listen(address, options, events),
    };
    const resolver = (): Promise<string[]> => Promise.resolve(["::1", "127.0.0.1"]);
    const server = await serve({ engine: ipv4Only, host: "localhost", port: 7, resolver }, echo);
    assert.deepEqual(server.addresses, [tcpAddress("127.0.0.1", 7)]);
    await server.close();
    await assert.rejects(serve({ engine: ipv4Only, host: "::1" }, echo), {
      code: "EADDRNOTAVAIL",
      message: "bind [::1]:0: not an address of this machine (EADDRNOTAVAIL)",
    });
  });
});

test("closed waits until the listeners have let go of the address", async () => {
  const { engine, settle } = simulateNetwork();
  const released = occasion();
  const slow: Engine = {
    ...engine,
    async listen(address, options, events) {
      const listener = await engine.listen(address, options, events);
      return Object.assign(Object.create(listener) as typeof listener, {
        close: async () => {
          await released.promise;
          await listener.close();
        },
      });
    },
  };
  const server = await serve({ engine: slow }, echo);
  let closed = false;
  const closing = server.close().then(() => (closed = true));
  await settle();
  assert.ok(!closed);
  released.come();
  await closing;
});

test("a refused client that stays is let go after lingerTimeoutMs, or never with Infinity", async () => {
  for (const lingerTimeoutMs of [undefined, Infinity]) {
    const { engine, clock, pass } = simulateNetwork();
    const server = await serve({ engine, clock, connectionsMax: 1, refusal: "busy", lingerTimeoutMs }, echo);
    const held = await connect(formatAddress(server.address), { engine, clock });
    await pass(0);
    const stays = await connect(formatAddress(server.address), {
      engine,
      clock,
      halfCloseTimeoutMs: Infinity,
    });
    await pass(limits.lingerTimeoutMs.value - 1);
    assert.equal((await stays.read())?.length, 4);
    assert.equal(await stays.read(), null);
    await stays.write("still here");
    await pass(1);
    assert.equal(stays.closeInfo, undefined);
    void stays.write("and again");
    await pass(1);
    if (lingerTimeoutMs === undefined) {
      assert.equal((await stays.closed).how, "reset");
    } else {
      await stays.flush();
      assert.equal(stays.closeInfo, undefined);
    }
    await stays.abort();
    await held.abort();
    await server.close({ drainMs: 0 });
    await pass(0);
    assert.equal(clock.timers, 0);
  }
});

test("F1: lets refused clients linger only while that costs few descriptors, and again when they have gone", async () => {
  const { engine, clock, pass, settle } = simulateNetwork();
  const server = await serve({ engine, clock, connectionsMax: 1, descriptorReserve: 4 }, echo);
  const dial = async (): Promise<Connection> => {
    const client = await connect(formatAddress(server.address), { engine, clock });
    await settle();
    return client;
  };
  /** Whether the server still receives data, and discards it. */
  const lingers = async (client: Connection): Promise<boolean> => {
    await client.write("x");
    await settle();
    return client.closeInfo === undefined;
  };
  const held = await dial();
  const refused = [await dial(), await dial(), await dial()];
  assert.deepEqual(await Promise.all(refused.map(lingers)), [true, true, false]);
  await refused[0]?.close();
  await refused[1]?.close();
  await pass(0);
  assert.ok(clock.nextDueMs > clock.now() + limits.lingerTimeoutMs.value, "no timer of theirs is left");
  const later = await dial();
  assert.ok(await lingers(later));
  await later.close();
  await held.close();
  await server.close();
});

test("F1: refuses before the process has no descriptor left, and says which limit it was", async (t) => {
  const { engine, clock, settle } = simulateNetwork({ descriptors: () => ({ limit: 100, open: 69 }) });
  const { dial, happened, events, server } = await start(t, engine, echo, { clock });
  const client = await dial();
  await settle();
  assert.deepEqual(happened("refused"), ["refused"]);
  const refused = events.find((event) => event.type === "refused");
  assert.deepEqual([refused?.reason, refused?.limit], ["descriptors", 100 - limits.descriptorReserve.value]);
  assert.equal(await client.read(), null);
  assert.equal(server.stats.refusedTotal, 1);
  await client.close();
});

test("a failure to accept is reported, and the server continues", async (t) => {
  const { engine } = simulateNetwork();
  let fail!: (error: WireError) => void;
  const failing: Engine = {
    ...engine,
    listen(address, options, events) {
      fail = events.acceptFailed.bind(events);
      return engine.listen(address, options, events);
    },
  };
  const { dial, errors, events, server } = await start(t, failing, echo);
  fail(new WireError("EMFILE", "accept"));
  const [error] = errors;
  assert.deepEqual([error?.code, error?.stage], ["EMFILE", "accept"]);
  assert.equal(
    error?.message,
    `accept ${formatAddress(server.address)}: no descriptors left in this process (EMFILE)`,
  );
  const reported = events.find((event) => event.type === "acceptFailed");
  assert.equal(reported?.error, error);
  const client = await dial();
  await client.write("x");
  assert.equal(text(await client.read()), "x");
});

test("the backlog is the listener's: those beyond it wait to be connected", async (t) => {
  const { engine, clock, settle } = simulateNetwork();
  const { server } = await start(t, engine, echo, { clock, backlog: 2 });
  server.pause();
  let connected = 0;
  const clients = Array.from({ length: 5 }, () =>
    connect(formatAddress(server.address), { engine, clock }).then((client) => {
      connected++;
      return client;
    }),
  );
  await settle();
  assert.equal(connected, 3);
  server.resume();
  await settle();
  assert.equal(connected, 5);
  for (const client of await Promise.all(clients)) await client.abort();
});

describe("what cannot be is a TypeError", () => {
  for (const [name, options] of [
    ["a port that is none", { port: 65_536 }],
    ["a host that is none", { host: "a b" }],
    ["a path beside a port", { path: "/tmp/x", port: 1 }],
    ["no place at all for a client", { concurrency: 0 }],
    ["a number with a fraction", { connectionsMax: 1.5 }],
    ["a deadline below 0", { idleTimeoutMs: -1 }],
    ["an observer that is no function", { onBytes: {} as () => void }],
  ] as const) {
    test(name, async () => {
      await assert.rejects(serve({ engine: simulateNetwork().engine, ...options }, echo), TypeError);
    });
  }

  test("a drainMs below 0", async () => {
    const server = await serve({ engine: simulateNetwork().engine }, echo);
    assert.throws(() => server.close({ drainMs: -1 }), TypeError);
    await server.close();
  });
});
