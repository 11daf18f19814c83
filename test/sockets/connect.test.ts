/** `portcall/sockets`: what the Sockets API of WinterTC promises, without TLS. W1-W29 are the promises of its text. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { ReadableStream } from "node:stream/web";
import { NetError, serve, type Connection } from "../../src/index.ts";
import type { Engine } from "../../src/engine.ts";
import {
  createConnect,
  Socket,
  SocketError,
  type AnySocketAddress,
  type SocketConnectOptions,
} from "../../src/sockets/index.ts";
import { readAll } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";

interface Opened {
  readonly socket: Socket;
  /** The server's side; resolves when the connection is accepted. */
  readonly far: Promise<Connection>;
  readonly address: string;
}

/** A socket to a server whose connections are in the hands of the test. */
async function opening(t: TestContext, engine: Engine, options: SocketConnectOptions = {}): Promise<Opened> {
  let accepted!: (connection: Connection) => void;
  const far = new Promise<Connection>((resolve) => (accepted = resolve));
  const server = await serve({ engine, port: 0 }, async (connection) => {
    accepted(connection);
    await connection.closed;
  });
  t.after(() => server.close({ drainMs: 0 }));
  const address = server.address.toString();
  const socket = createConnect({ engine })(address, options);
  // What a test has made of it is for the test to check.
  t.after(() => socket.close().catch(() => undefined));
  return { socket, far, address };
}

/** An address that nothing listens on. */
async function closedAddress(engine: Engine): Promise<string> {
  const server = await serve({ engine, port: 0 }, () => undefined);
  await server.close();
  return server.address.toString();
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  );
}

const pending = Symbol("pending");

/** Whether a promise is pending after what is due now has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

forEachEngine((createEngine) => {
  test("W1: connect returns at once, with all members before the connection is open", async (t) => {
    const { socket } = await opening(t, createEngine());
    assert.ok(socket instanceof Socket);
    assert.ok(socket.readable instanceof ReadableStream);
    assert.ok(socket.writable instanceof WritableStream);
    assert.ok(socket.opened instanceof Promise && socket.closed instanceof Promise);
    assert.equal(typeof socket.close, "function");
    assert.equal(typeof socket.startTls, "function");
    assert.equal(socket.upgraded, false);
    assert.equal(await isPending(socket.closed), true);
    await socket.opened;
  });

  test("W2: a failure that is not awaited is no unhandled rejection", async (t) => {
    const engine = createEngine();
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", listener);
    t.after(() => process.off("unhandledRejection", listener));
    const socket = createConnect({ engine })(await closedAddress(engine));
    const { readable } = socket;
    await assert.rejects(readable.getReader().read());
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
  });

  test("W3: an address is text or a dictionary", async (t) => {
    const engine = createEngine();
    const { address } = await opening(t, engine);
    const [hostname = "", port = ""] = address.split(":");
    for (const dictionary of [
      { hostname, port: Number(port) },
      { hostname, port: port as unknown as number },
    ]) {
      const socket = createConnect({ engine })(dictionary);
      assert.equal((await socket.opened).remoteAddress, address);
      await socket.close();
    }
  });

  test("W3: an IPv6 address is in brackets as text, and with or without them in a dictionary", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine, host: "::1", port: 0 }, async (connection) => {
      await connection.closed;
    }).catch((error: unknown) => {
      if (error instanceof NetError && error.code === "EADDRNOTAVAIL") return undefined;
      throw error;
    });
    if (server === undefined) {
      t.skip("this machine has no ::1");
      return;
    }
    t.after(() => server.close({ drainMs: 0 }));
    const { port } = server.address;
    for (const address of [`[::1]:${port}`, { hostname: "::1", port }, { hostname: "[::1]", port }]) {
      const socket = createConnect({ engine })(address);
      assert.equal((await socket.opened).remoteAddress, `[::1]:${port}`);
      await socket.close();
    }
  });

  test("W7: a failure rejects opened and closed with the same error, and errors both streams", async () => {
    const engine = createEngine();
    const socket = createConnect({ engine })(await closedAddress(engine));
    const error = await failureOf(socket.opened);
    assert.ok(error instanceof SocketError);
    assert.equal(await failureOf(socket.closed), error);
    assert.equal(await failureOf(socket.readable.getReader().closed), error);
    assert.equal(await failureOf(socket.writable.getWriter().closed), error);
  });

  test("W8: the error is a TypeError whose message begins with SocketError, and has the cause", async () => {
    const engine = createEngine();
    const socket = createConnect({ engine })(await closedAddress(engine));
    const error = await failureOf(socket.opened);
    assert.ok(error instanceof TypeError && error instanceof SocketError);
    assert.match(error.message, /^SocketError: .*ECONNREFUSED/);
    assert.ok(error.cause instanceof NetError);
    assert.equal(error.code, "ECONNREFUSED");
  });

  test("W10: opened has both addresses with their ports", async (t) => {
    const { socket, far, address } = await opening(t, createEngine());
    const { remoteAddress, localAddress, alpn } = await socket.opened;
    assert.equal(remoteAddress, address);
    assert.equal(localAddress, String((await far).remote));
    assert.equal(alpn, null);
  });

  test("W12: what is written before it is open is kept and sent, in order", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const writer = socket.writable.getWriter();
    const written = [writer.write("one "), writer.write(Buffer.from("two ")), writer.write("three")];
    const closed = writer.close();
    assert.equal(text(await readAll(await far)), "one two three");
    await Promise.all([...written, closed]);
  });

  test("W13: close returns the promise that closed is", async (t) => {
    const { socket } = await opening(t, createEngine());
    await socket.opened;
    const { closed } = socket;
    assert.equal(socket.close(), closed);
    assert.equal(await closed, undefined);
  });

  test("W14: close with a reason ends reads, rejects writes with the reason, and resolves closed", async (t) => {
    const { socket } = await opening(t, createEngine());
    await socket.opened;
    const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
    const read = reader.read();
    const reason = new Error("enough");
    const closed = socket.close(reason);
    assert.deepEqual(await read, { done: true, value: undefined });
    assert.equal(await failureOf(writer.write("x")), reason);
    assert.equal(await failureOf(writer.closed), reason);
    assert.equal(await closed, undefined);
  });

  test("close without a reason rejects writes with a SocketError", async (t) => {
    const { socket } = await opening(t, createEngine());
    const writer = socket.writable.getWriter();
    await socket.opened;
    await socket.close();
    assert.ok((await failureOf(writer.write("x"))) instanceof SocketError);
  });

  test("closed resolves after close although the peer does not end", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await socket.opened;
    const server = await far;
    await socket.close();
    assert.equal(server.closeInfo, undefined);
    assert.equal(await server.read(), null);
  });

  test("W15: close while it is connecting rejects opened with the reason, and resolves closed", async (t) => {
    const { socket } = await opening(t, createEngine());
    const reason = new Error("changed my mind");
    const closed = socket.close(reason);
    assert.equal(await failureOf(socket.opened), reason);
    assert.equal(await closed, undefined);
    assert.equal((await socket.readable.getReader().read()).done, true);
  });

  test("close while it is connecting, without a reason, rejects opened with a SocketError", async (t) => {
    const { socket } = await opening(t, createEngine());
    void socket.close();
    assert.ok((await failureOf(socket.opened)) instanceof SocketError);
  });

  test("W16: a second close does nothing", async (t) => {
    const { socket } = await opening(t, createEngine());
    await socket.opened;
    assert.equal(socket.close(), socket.close(new Error("again")));
    assert.equal(await socket.close(), undefined);
    assert.equal(socket.close(), socket.closed);
  });

  test("W17: the peer's end closes writable after what was written, and resolves closed", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
    void writer.write("the rest");
    const server = await far;
    await server.end();
    assert.equal((await reader.read()).done, true);
    await writer.closed;
    await assert.rejects(writer.write("too late"), TypeError);
    assert.equal(text(await readAll(server)), "the rest");
    assert.equal(await socket.closed, undefined);
  });

  test("W17: the same with a writer that was released, and without one", async (t) => {
    const engine = createEngine();
    for (const release of [true, false]) {
      const { socket, far } = await opening(t, engine);
      if (release) socket.writable.getWriter().releaseLock();
      await (await far).end();
      assert.equal((await socket.readable.getReader().read()).done, true);
      assert.equal(await socket.closed, undefined);
      await socket.writable.getWriter().closed;
    }
  });

  test("W17: a pipe into writable fails when the peer has ended, and closed resolves", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const source = new ReadableStream<string>();
    const piped = source.pipeTo(socket.writable);
    await (await far).end();
    assert.equal((await socket.readable.getReader().read()).done, true);
    assert.ok((await failureOf(piped)) instanceof SocketError);
    await socket.close();
    assert.equal(await socket.closed, undefined);
  });

  test("W17: close after the peer's end resolves closed", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await (await far).end();
    assert.equal((await socket.readable.getReader().read()).done, true);
    assert.equal(await socket.close(), undefined);
  });

  test("W18: the peer's reset errors reads and writes, and resolves closed", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
    await socket.opened;
    const read = failureOf(reader.read());
    await (await far).abort();
    const error = await read;
    assert.ok(error instanceof SocketError);
    assert.equal(error.code, "ECONNRESET");
    assert.equal(await failureOf(writer.closed), error);
    assert.equal(await socket.closed, undefined);
  });

  test("the peer's reset rejects closed with allowHalfOpen, and errors streams that nothing reads", async (t) => {
    const { socket, far } = await opening(t, createEngine(), { allowHalfOpen: true });
    await socket.opened;
    const reader = socket.readable.getReader();
    await (await far).abort();
    const error = await failureOf(socket.closed);
    assert.ok(error instanceof SocketError && error.code === "ECONNRESET");
    assert.equal(await failureOf(reader.closed), error);
  });

  test("bytes that came before a failure are read first", async (t) => {
    const { socket, far } = await opening(t, createEngine(), { allowHalfOpen: true });
    const reader = socket.readable.getReader({ mode: "byob" });
    const server = await far;
    await server.write("first unread");
    assert.equal(text((await reader.read(new Uint8Array(5))).value), "first");
    await socket.writable.abort();
    assert.equal(text((await reader.read(new Uint8Array(10))).value), " unread");
    assert.ok((await failureOf(reader.read(new Uint8Array(10)))) instanceof SocketError);
  });

  test("bytes that came before the first read are delivered, and the failure follows them", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine, port: 0 }, async (connection) => {
      await connection.write("greeting");
      await connection.closed;
    });
    t.after(() => server.close({ drainMs: 0 }));
    let received!: () => void;
    const arrived = new Promise<void>((resolve) => (received = resolve));
    const socket = createConnect({ engine, onBytes: () => received() })(server.address.toString());
    await arrived;
    await socket.writable.abort();
    await socket.closed;
    const reader = socket.readable.getReader();
    assert.equal(text((await reader.read()).value), "greeting");
    await assert.rejects(reader.read(), SocketError);
  });

  test("W19: with allowHalfOpen the peer's end ends reading, and writing goes on", async (t) => {
    const { socket, far } = await opening(t, createEngine(), { allowHalfOpen: true });
    const server = await far;
    await server.end();
    assert.equal((await socket.readable.getReader().read()).done, true);
    const writer = socket.writable.getWriter();
    await writer.write("still ");
    await writer.write("here");
    assert.equal(await isPending(socket.closed), true);
    await writer.close();
    assert.equal(text(await readAll(server)), "still here");
  });

  test("with allowHalfOpen, closed resolves when both directions are over", async (t) => {
    const { socket, far } = await opening(t, createEngine(), { allowHalfOpen: true });
    await (await far).end();
    assert.equal((await socket.readable.getReader().read()).done, true);
    await socket.writable.close();
    assert.equal(await socket.closed, undefined);
  });

  test("W20: cancelling readable and closing writable does not resolve closed", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await socket.opened;
    await socket.readable.cancel();
    await socket.writable.close();
    const server = await far;
    assert.equal(await server.read(), null);
    await server.write("the peer may send on");
    await server.flush();
    assert.equal(await isPending(socket.closed), true);
    assert.equal(await socket.close(), undefined);
  });

  test("W20: cancelling discards input, so that the peer is not blocked", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await socket.opened;
    const reader = socket.readable.getReader();
    const read = reader.read();
    await reader.cancel();
    assert.equal((await read).done, true);
    const server = await far;
    for (let round = 0; round < 8; round++) await server.write(new Uint8Array(4 << 20));
    await server.flush();
    await socket.writable.getWriter().write("after it");
    assert.equal(text(await server.readExactly(8)), "after it");
  });

  test("W22: startTls on a socket without TLS is refused", async (t) => {
    const { socket } = await opening(t, createEngine());
    assert.throws(() => socket.startTls(), SocketError);
    await socket.opened;
    assert.throws(() => socket.startTls(), /^SocketError|secureTransport/);
    assert.equal(socket.upgraded, false);
  });

  test("W26: upgraded is false without startTls, also after the close", async (t) => {
    const { socket } = await opening(t, createEngine(), { secureTransport: "starttls" });
    await socket.opened;
    assert.equal(socket.upgraded, false);
    await socket.close();
    assert.equal(socket.upgraded, false);
    assert.throws(() => socket.startTls(), SocketError);
    assert.equal(socket.upgraded, false);
  });

  test("W27: the end of the input is done, and no error", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const reader = socket.readable.getReader();
    const server = await far;
    await server.write("all");
    await server.end();
    assert.equal(text((await reader.read()).value), "all");
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
    await reader.closed;
  });

  test("W28: a write rejects after close, and what was written before is delivered", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const writer = socket.writable.getWriter();
    await socket.opened;
    const written = writer.write("before");
    void socket.close();
    await assert.rejects(writer.write("after"), SocketError);
    assert.equal(text(await readAll(await far)), "before");
    await written;
  });

  test("W29: readable is a byte stream, which fills the reader's own buffer", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await (await far).write("hello");
    const reader = socket.readable.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(3));
    assert.equal(text(value), "hel");
    const rest = reader.read(new Uint8Array(10));
    assert.equal(text((await rest).value), "lo");
    const last = reader.read(new Uint8Array(10));
    void socket.close();
    assert.equal((await last).done, true);
  });

  test("backpressure: writer.ready waits while 64 KiB are unsent", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    const writer = socket.writable.getWriter();
    assert.equal(writer.desiredSize, 65_536);
    const written = writer.write(new Uint8Array(100_000));
    assert.ok((writer.desiredSize ?? 0) < 0);
    const received = readAll(await far);
    await written;
    await writer.ready;
    await writer.close();
    assert.equal((await received).length, 100_000);
  });

  test("aborting writable resets the connection, and resolves closed", async (t) => {
    const { socket, far } = await opening(t, createEngine());
    await socket.opened;
    const server = await far;
    await socket.writable.abort(new Error("broken"));
    assert.equal((await server.closed).how, "reset");
    assert.equal(await socket.closed, undefined);
  });

  test("aborting writable while it is connecting ends the attempt", async (t) => {
    const { socket } = await opening(t, createEngine());
    const reason = new Error("not needed");
    await socket.writable.abort(reason);
    assert.equal(await failureOf(socket.opened), reason);
    assert.equal(await socket.closed, undefined);
  });

  test("a chunk that is no data errors writable with a TypeError", async (t) => {
    const { socket } = await opening(t, createEngine());
    const writer = socket.writable.getWriter();
    await assert.rejects(writer.write(5 as unknown as string), TypeError);
  });
});

const connect = createConnect({ engine: "portable" });

for (const [what, address] of [
  ["without a port", "localhost"],
  ["with an empty port", "localhost:"],
  ["without a host", ":80"],
  ["with a port above 65535", "localhost:65536"],
  ["with port 0", "localhost:0"],
  ["with a port that is no number", "localhost:http"],
  ["with a scheme", "tcp://localhost:80"],
  ["with IPv6 without brackets", "::1:80"],
  ["with a space", "local host:80"],
  ["of a Unix socket", "unix:/tmp/socket"],
  ["without a hostname", { port: 80 } as AnySocketAddress],
  ["without a port member", { hostname: "localhost" } as AnySocketAddress],
  ["with a negative port", { hostname: "localhost", port: -1 }],
  ["with a port with a fraction", { hostname: "localhost", port: 80.5 }],
  ["that is null", null as unknown as AnySocketAddress],
] as const) {
  test(`W4: an address ${what} is refused at once`, () => {
    assert.throws(() => connect(address), SocketError);
  });
}

test("W5: an unknown secureTransport is a TypeError", () => {
  const options = { secureTransport: "maybe" } as unknown as SocketConnectOptions;
  assert.throws(() => connect("localhost:1", options), { name: "TypeError", message: /secureTransport/ });
});

test("W6: sni and alpn without TLS are refused at once", () => {
  assert.throws(() => connect("localhost:1", { sni: "localhost" }), SocketError);
  assert.throws(() => connect("localhost:1", { alpn: ["h2"] }), SocketError);
  assert.throws(() => connect("localhost:1", { secureTransport: "on", alpn: "h2" as never }), TypeError);
  assert.throws(() => connect("localhost:1", { secureTransport: "on", sni: 5 as never }), TypeError);
});

test("wrong arguments of connect and createConnect are refused at once", () => {
  assert.throws(() => connect("localhost:1", 5 as never), TypeError);
  assert.throws(() => createConnect({ connectTimeoutMs: -1 }), /connectTimeoutMs/);
  assert.throws(() => createConnect(null as never), TypeError);
  assert.throws(() => createConnect({ startTls: "smtp" } as never), /startTls/);
});

test("members that the standard does not have are ignored", async () => {
  const options = { highWaterMark: 10, allowHalfOpen: false } as SocketConnectOptions;
  const socket = connect("localhost:1", options);
  await socket.close();
});
