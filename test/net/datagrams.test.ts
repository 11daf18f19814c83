/** Datagram sockets as their user sees them: promises on every engine. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import {
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  NetError,
  type BindUdpOptions,
  type BoundUdpSocket,
  type ConnectedUdpSocket,
  type ConnectUdpOptions,
  type SocketEvent,
} from "../../src/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { forEachEngine } from "../support/engines.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";

async function bound(t: TestContext, engine: Engine, options: BindUdpOptions = {}): Promise<BoundUdpSocket> {
  const socket = await bindUdp({ engine, ...options });
  t.after(() => socket.close());
  return socket;
}

async function dialed(
  t: TestContext,
  engine: Engine,
  to: BoundUdpSocket | string,
  options: ConnectUdpOptions = {},
): Promise<ConnectedUdpSocket> {
  const socket = await connectUdp(typeof to === "string" ? to : formatAddress(to.address), {
    engine,
    ...options,
  });
  t.after(() => socket.close());
  return socket;
}

async function nobody(engine: Engine, host = "127.0.0.1"): Promise<string> {
  const socket = await bindUdp({ engine, host });
  await socket.close();
  return formatAddress(socket.address);
}

const text = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes);

function isNetError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NetError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

forEachEngine((createEngine) => {
  describe("a bound and a dialed socket", () => {
    test("exchange datagrams, each whole, also empty ones", async (t) => {
      const engine = createEngine();
      const server = await bound(t, engine);
      const client = await dialed(t, engine, server);
      for (const question of ["first", "", "third"]) await client.send(question);
      for (const question of ["first", "", "third"]) {
        const came = await server.receive();
        assert.ok(came !== null);
        assert.equal(text(came.bytes), question);
        assert.deepEqual({ ...came.from }, { ...client.local, host: "127.0.0.1", family: 4 });
        await server.sendTo(`${question}!`, came.from);
        assert.equal(text(await client.receive()), `${question}!`);
      }
    });

    test("are iterated until they are closed, with what had come before", async (t) => {
      const engine = createEngine();
      const server = await bound(t, engine);
      const client = await dialed(t, engine, server);
      for (const word of ["a", "b", "c"]) await client.send(word);
      const received: (string | null)[] = [];
      for await (const { bytes } of server) {
        received.push(text(bytes));
        if (received.length === 3) void server.close();
      }
      assert.deepEqual(received, ["a", "b", "c"]);
      assert.equal(await server.receive(), null);
    });

    test("end once, and tell what crossed them", async (t) => {
      const engine = createEngine();
      const events: SocketEvent[] = [];
      const server = await bound(t, engine, { onEvent: (event) => events.push(event) });
      const client = await dialed(t, engine, server);
      await client.send("four");
      const came = await server.receive();
      assert.ok(came);
      await server.sendTo("answers", came.from);
      await client.receive();
      const [closeInfo, again] = await Promise.all([server.close(), server.close()]);
      assert.equal(again, closeInfo);
      assert.equal(server.closeInfo, closeInfo);
      const { durationMs, ...rest } = closeInfo;
      assert.ok(durationMs >= 0);
      assert.deepEqual(rest, {
        how: "closed",
        error: undefined,
        datagramsReceived: 1,
        bytesReceived: 4,
        datagramsSent: 1,
        bytesSent: 7,
        datagramsDropped: 0,
      });
      assert.deepEqual(
        events.map(({ type }) => type),
        ["datagramsOpened", "datagramReceived", "datagramSent", "datagramsClosed"],
      );
    });

    test("show each datagram's bytes to onDatagram", async (t) => {
      const engine = createEngine();
      const seen: string[] = [];
      const server = await bound(t, engine, {
        onDatagram({ type, peer, bytes }) {
          seen.push(`${type} ${formatAddress(peer)} ${text(bytes)}`);
        },
      });
      const client = await dialed(t, engine, server);
      await client.send("question");
      const came = await server.receive();
      assert.ok(came);
      await server.sendTo("answer", came.from);
      const name = formatAddress(came.from);
      assert.deepEqual(seen, [`datagramBytesReceived ${name} question`, `datagramBytesSent ${name} answer`]);
    });

    test("refuse to send after the end (ERR_CLOSED), and send what was given before it", async (t) => {
      const engine = createEngine();
      const server = await bound(t, engine);
      const client = await dialed(t, engine, server);
      const sent = client.send("the last data");
      const ended = client.close();
      await sent;
      await ended;
      assert.equal(text((await server.receive())?.bytes ?? null), "the last data");
      await assert.rejects(client.send("more"), isNetError("ERR_CLOSED", /^send 127\.0\.0\.1:\d+: .*closed/));
    });

    test("let one reader wait at a time", async (t) => {
      const engine = createEngine();
      const socket = await bound(t, engine);
      const first = socket.receive();
      assert.throws(() => socket.receive(), /^TypeError: receive: another read/);
      await socket.close();
      assert.equal(await first, null);
    });

    test("lose nothing when a read is given up", async (t) => {
      const engine = createEngine();
      const server = await bound(t, engine);
      const client = await dialed(t, engine, server);
      const giveUp = new AbortController();
      const given = server.receive({ signal: giveUp.signal });
      giveUp.abort(new Error("enough"));
      await assert.rejects(given, /enough/);
      await assert.rejects(server.receive({ signal: giveUp.signal }), /enough/);
      await client.send("kept");
      assert.equal(text((await server.receive())?.bytes ?? null), "kept");
    });
  });

  describe("what can not be sent", () => {
    test("F83: a datagram too long is reported with its length (EMSGSIZE), the socket stays open", async (t) => {
      const engine = createEngine();
      const server = await bound(t, engine);
      const client = await dialed(t, engine, server);
      await assert.rejects(
        client.send(new Uint8Array(65_508)),
        isNetError(
          "EMSGSIZE",
          /: 65508 bytes are too long for one datagram, which holds at most 65507 \(EMSGSIZE\)$/,
        ),
      );
      await client.send(new Uint8Array(65_507));
      assert.equal((await server.receive())?.bytes.length, 65_507);
    });

    test("to the other family says so", async (t) => {
      const socket = await bound(t, createEngine());
      await assert.rejects(
        socket.sendTo("x", "[::1]:9"),
        isNetError(
          "EAFNOSUPPORT",
          /^send \[::1\]:9: this socket is bound to 127\.0\.0\.1:\d+, which is of the other/,
        ),
      );
    });
  });

  describe("F83: a port where nothing listens", () => {
    test("rejects the read with its code, and the socket stays open", async (t) => {
      const engine = createEngine();
      const at = await nobody(engine);
      const client = await dialed(t, engine, at);
      await client.send("anybody?");
      await assert.rejects(
        client.receive(),
        isNetError("ECONNREFUSED", /^receive 127\.0\.0\.1:\d+: port unreachable \(ECONNREFUSED\)$/),
      );
      const server = await bound(t, engine, { port: Number(at.split(":")[1]) });
      await client.send("and now?");
      assert.equal(text((await server.receive())?.bytes ?? null), "and now?");
    });

    test("rejects the next read, if none is in progress", async (t) => {
      const engine = createEngine();
      const refused = withResolvers();
      const client = await dialed(t, engine, await nobody(engine), {
        onEvent(event) {
          if (event.type === "datagramRefused") refused.resolve();
        },
      });
      await client.send("one");
      await client.send("two");
      await refused.promise;
      await assert.rejects(client.receive(), isNetError("ECONNREFUSED", /port unreachable/));
    });
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("dialing a name with several addresses", () => {
  const resolver = (): Promise<string[]> => Promise.resolve(["::1", "127.0.0.1"]);

  test("goes over to the next when the first is unreachable, with what was sent", async (t) => {
    const { engine } = simulateNetwork();
    const server = await bound(t, engine, { port: 53 });
    const client = await dialed(t, engine, "both.test:53", { resolver });
    assert.equal(client.remote.host, "::1");
    await client.send("one");
    await client.send("two");
    for (const word of ["one", "two"]) {
      const came = await server.receive();
      assert.ok(came);
      assert.equal(text(came.bytes), word);
      await server.sendTo(`${word}!`, came.from);
      assert.equal(text(await client.receive()), `${word}!`);
    }
    assert.equal(client.remote.host, "127.0.0.1");
  });

  test("fails like any other when none is left", async (t) => {
    const { engine } = simulateNetwork();
    const client = await dialed(t, engine, "both.test:53", { resolver });
    await client.send("anybody?");
    await assert.rejects(
      client.receive(),
      isNetError("ECONNREFUSED", /^receive 127\.0\.0\.1:53: port unreachable/),
    );
  });

  test("stays with the one that has answered", async (t) => {
    const { engine } = simulateNetwork();
    const server = await bound(t, engine, { host: "::1", port: 53 });
    const client = await dialed(t, engine, "both.test:53", { resolver });
    await client.send("hello");
    await server.sendTo("yes", (await server.receive())?.from ?? "");
    assert.equal(text(await client.receive()), "yes");
    await server.close();
    await client.send("still there?");
    await assert.rejects(
      client.receive(),
      isNetError("ECONNREFUSED", /^receive \[::1\]:53: port unreachable/),
    );
  });
});

describe("a socket bound to a name", () => {
  test("is reached at all of its addresses, on one port, and answers from the right one", async (t) => {
    const { engine } = simulateNetwork();
    const resolver = (): Promise<string[]> => Promise.resolve(["::1", "127.0.0.1"]);
    const server = await bound(t, engine, { host: "both.test", resolver });
    assert.deepEqual(
      server.addresses.map(({ host }) => host),
      ["::1", "127.0.0.1"],
    );
    assert.equal(new Set(server.addresses.map(({ port }) => port)).size, 1);
    for (const address of server.addresses) {
      const client = await dialed(t, engine, formatAddress(address));
      await client.send(address.host);
      const came = await server.receive();
      assert.ok(came);
      await server.sendTo(came.bytes, came.from);
      assert.equal(text(await client.receive()), address.host);
    }
  });
});

describe("sendTo", () => {
  test("looks names up, and takes the address that the socket reaches", async (t) => {
    const { engine } = simulateNetwork();
    const resolver = (): Promise<string[]> => Promise.resolve(["::1", "127.0.0.1"]);
    const receiver = await bound(t, engine);
    const sender = await bound(t, engine, { resolver });
    await sender.sendTo("hello", `both.test:${receiver.address.port}`);
    assert.equal(text((await receiver.receive())?.bytes ?? null), "hello");
  });

  test("refuses a place that cannot be, at once", async (t) => {
    const { engine } = simulateNetwork();
    const socket = await bound(t, engine);
    assert.throws(() => socket.sendTo("x", "nowhere"), TypeError);
    assert.throws(() => socket.sendTo("x", "tcp://127.0.0.1:9"), /is not for datagrams/);
    assert.throws(() => socket.sendTo("x", { family: 4, host: "example.com", port: 9 }), TypeError);
    assert.throws(() => socket.sendTo("x", { family: 4, host: "127.0.0.1", port: 70_000 }), /port/);
  });
});

describe("datagrams from port 0", () => {
  test("is received, and cannot be answered: a failure of the world, as anybody can send it", async (t) => {
    const socket = await bound(t, createMemoryEngine());
    await assert.rejects(
      socket.sendTo("answer", { family: 4, host: "127.0.0.1", port: 0 }),
      isNetError("EINVAL", /^send 127\.0\.0\.1:0: a sender with port 0 cannot receive a reply \(EINVAL\)$/),
    );
  });
});

describe("a time-out of a read", () => {
  test("that is none is refused at once, as on a connection", async (t) => {
    const socket = await bound(t, createMemoryEngine());
    assert.throws(() => socket.receive({ timeoutMs: Number.NaN }), {
      name: "TypeError",
      message: "timeoutMs: NaN is not a number of milliseconds above 0, or Infinity",
    });
  });
});

describe("the queue of what waits to be read", () => {
  test("receiveQueueBytesMax: is bounded, those beyond are dropped, counted, and told", async (t) => {
    const network = simulateNetwork();
    const drops: number[] = [];
    const server = await bound(t, network.engine, {
      // Each datagram counts 256 bytes in addition to its own byte.
      receiveQueueBytesMax: 3 * 257,
      onEvent(event) {
        if (event.type === "datagramsDropped") drops.push(event.count);
      },
    });
    const client = await dialed(t, network.engine, server);
    for (let at = 0; at < 10; at++) await client.send(Uint8Array.of(at));
    await network.settle();
    assert.deepEqual(drops, [1]);
    assert.equal(server.stats.datagramsDropped, 7);
    assert.deepEqual([...((await server.receive())?.bytes ?? [])], [0]);
    assert.deepEqual(drops, [1, 6]);
    await client.send(Uint8Array.of(10));
    await network.settle();
    for (const at of [1, 2, 10]) assert.deepEqual([...((await server.receive())?.bytes ?? [])], [at]);
    assert.equal((await server.close()).datagramsDropped, 7);
  });

  test("receiveQueueBytesMax: empty datagrams do not fill the memory either", async (t) => {
    const network = simulateNetwork();
    const server = await bound(t, network.engine, { receiveQueueBytesMax: 1_024 });
    const client = await dialed(t, network.engine, server);
    for (let at = 0; at < 100; at++) await client.send("");
    await network.settle();
    assert.equal(server.stats.datagramsDropped, 96);
  });
});

describe("writeQueueBytesMax", () => {
  test("rejects a send past it (ERR_WRITE_QUEUE_FULL), where the system takes nothing", async (t) => {
    const { engine } = simulateNetwork();
    const pendingBytes = 900;
    const stuck: Engine = {
      ...engine,
      async openDatagrams(local, options) {
        const wire = await engine.openDatagrams(local, options);
        return {
          local: wire.local,
          stableViews: wire.stableViews,
          remote: wire.remote,
          pendingBytes,
          holdProcess: () => undefined,
          start: (events) => wire.start(events),
          send: (bytes, to, from, done) => wire.send(bytes, to, from, done),
          close: () => wire.close(),
        };
      },
    };
    const socket = await bound(t, stuck, { writeQueueBytesMax: 1_000 });
    await socket.sendTo(new Uint8Array(100), "127.0.0.1:9");
    await assert.rejects(
      socket.sendTo(new Uint8Array(101), "127.0.0.1:9"),
      isNetError("ERR_WRITE_QUEUE_FULL", /900 bytes are unsent, 101 more .* 1000 \(writeQueueBytesMax\)$/),
    );
  });
});

test("writeQueueBytesMax bounds unawaited empty datagrams, by the overhead of each", async (t) => {
  const { engine } = simulateNetwork();
  const socket = await bound(t, engine, { writeQueueBytesMax: 1_000 });
  const sends = Array.from({ length: 100 }, () => socket.sendTo("", "127.0.0.1:9"));
  const refused = (await Promise.allSettled(sends)).filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 96);
  await assert.rejects(
    Promise.all(Array.from({ length: 5 }, () => socket.sendTo("", "127.0.0.1:9"))),
    isNetError("ERR_WRITE_QUEUE_FULL", /0 bytes are unsent in 4 sends, 0 more/),
  );
});

describe("idleTimeoutMs of a datagram socket", () => {
  test("closes it when nothing is received while a read waits", async (t) => {
    const network = simulateNetwork();
    const { engine, clock } = network;
    const server = await bound(t, engine, { clock });
    const client = await dialed(t, engine, server, { clock, idleTimeoutMs: 1_000 });
    const read = client.receive();
    await network.pass(900);
    await server.sendTo(
      "late",
      client.local.host === "0.0.0.0" ? `127.0.0.1:${client.local.port}` : client.local,
    );
    await network.settle();
    assert.equal(text(await read), "late");
    const second = client.receive();
    await network.pass(999);
    assert.equal(client.closeInfo, undefined);
    await network.pass(1);
    await assert.rejects(
      second,
      isNetError("ERR_IDLE_TIMEOUT", /: nothing was received for 1000 ms \(idleTimeoutMs\)$/),
    );
    const closeInfo = await client.closed;
    assert.equal(closeInfo.how, "timeout");
    assert.equal(closeInfo.error?.code, "ERR_IDLE_TIMEOUT");
    assert.equal(clock.timers, 0);
  });

  test("does not count the time that a reader takes for itself, and counts waits together", async (t) => {
    const network = simulateNetwork();
    const { engine, clock } = network;
    const server = await bound(t, engine, { clock, idleTimeoutMs: 1_000 });
    await network.pass(5_000);
    for (let waits = 0; waits < 3; waits++) {
      const read = server.receive({ timeoutMs: 300 });
      await network.pass(300);
      await assert.rejects(read, isNetError("ERR_READ_TIMEOUT", /nothing to read in 300 ms \(timeoutMs\)$/));
      await network.pass(5_000);
    }
    const last = server.receive();
    await network.pass(100);
    await assert.rejects(last, isNetError("ERR_IDLE_TIMEOUT", /nothing was received/));
  });

  test("inactivityTimeoutMs counts what is sent as well", async (t) => {
    const network = simulateNetwork();
    const { engine, clock } = network;
    const server = await bound(t, engine, { clock });
    const client = await dialed(t, engine, server, {
      clock,
      idleTimeoutMs: Infinity,
      inactivityTimeoutMs: 1_000,
    });
    const read = client.receive();
    for (let times = 0; times < 5; times++) {
      await network.pass(999);
      await client.send("sent");
      await network.settle();
    }
    await network.pass(999);
    assert.equal(client.closeInfo, undefined);
    await network.pass(1);
    await assert.rejects(
      read,
      isNetError("ERR_IDLE_TIMEOUT", /: nothing was sent or received for 1000 ms \(inactivityTimeoutMs\)$/),
    );
    assert.equal(clock.timers, 0);
  });

  test("is off on a bound socket unless it is set", async (t) => {
    const { engine, clock, pass } = simulateNetwork();
    const server = await bound(t, engine, { clock });
    const read = server.receive();
    await pass(3_600_000);
    assert.equal(server.closeInfo, undefined);
    await server.close();
    assert.equal(await read, null);
  });
});

describe("a network that loses, doubles and reorders", () => {
  test("follows its schedule, the same way each time", async (t) => {
    const fates = [[], [0], [0, 0], [50], [0]];
    const network = simulateNetwork({ arrivals: ({ bytes }) => fates[bytes[0] ?? 0] ?? [0] });
    const server = await bound(t, network.engine);
    const client = await dialed(t, network.engine, server);
    for (let at = 0; at < 5; at++) await client.send(Uint8Array.of(at));
    await network.pass(50);
    void server.close();
    const received: number[] = [];
    for await (const { bytes } of server) received.push(...bytes);
    assert.deepEqual(received, [1, 2, 2, 4, 3]);
  });
});

describe("a target for datagrams", () => {
  test("is refused by connect, which names connectUdp", async () => {
    await assert.rejects(
      connect("udp://127.0.0.1:53"),
      /^TypeError: target udp:\/\/127\.0\.0\.1:53 .*use connectUdp$/,
    );
  });

  test("is what dial takes, and says why it takes no other", async () => {
    await assert.rejects(connectUdp("tcp://127.0.0.1:53"), /^TypeError: .* is for connections: use connect/);
    await assert.rejects(connectUdp("unix:/tmp/socket"), /^TypeError: .*Node has none for datagrams/);
    await assert.rejects(connectUdp("localhost"), TypeError);
  });
});

describe("options of datagram sockets", () => {
  for (const [name, options] of [
    ["ttl", { ttl: 0 }],
    ["ttl", { ttl: 256 }],
    ["port", { port: 70_000 }],
    ["receiveQueueBytesMax", { receiveQueueBytesMax: 0 }],
    ["writeQueueBytesMax", { writeQueueBytesMax: -1 }],
    ["idleTimeoutMs", { idleTimeoutMs: 0 }],
    ["inactivityTimeoutMs", { inactivityTimeoutMs: 0 }],
    ["multicast.groups", { multicast: { groups: ["10.0.0.1"] } }],
    ["host", { host: "no host" }],
  ] as const) {
    test(`${name}: ${JSON.stringify(options)} is a mistake of the caller`, async () => {
      await assert.rejects(
        bindUdp(options),
        (error) => error instanceof TypeError && error.message.startsWith(name),
      );
    });
  }
});
