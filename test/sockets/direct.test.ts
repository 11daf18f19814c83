/** `portcall/direct-sockets`: what the Direct Sockets API of the WICG promises. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import { bindUdp, serve, type Connection } from "../../src/index.ts";
import {
  TCPServerSocket,
  TCPSocket,
  UDPSocket,
  type TCPSocketOptions,
  type UDPMessage,
} from "../../src/sockets/direct/index.ts";
import { readAll } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";

interface Peer {
  readonly port: number;
  /** The server's side of the first connection. */
  readonly far: Promise<Connection>;
}

/** A server whose first connection is in the hands of the test. */
async function listening(t: TestContext, engine: Engine): Promise<Peer> {
  let accepted!: (connection: Connection) => void;
  const far = new Promise<Connection>((resolve) => (accepted = resolve));
  const server = await serve({ engine, port: 0 }, async (connection) => {
    accepted(connection);
    await connection.closed;
  });
  t.after(() => server.close({ drainMs: 0 }));
  return { port: server.address.port, far };
}

function dial(engine: Engine, port: number, options: TCPSocketOptions = {}): TCPSocket {
  return new TCPSocket("127.0.0.1", port, { ...options, portcall: { engine } });
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  );
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

const bytes = (data: string): Uint8Array => Buffer.from(data);
const text = (data: ArrayBuffer | ArrayBufferView | undefined): string =>
  new TextDecoder().decode(data as Uint8Array | undefined);
const isNetworkError = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "NetworkError";
const isInvalidState = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "InvalidStateError";

forEachEngine((createEngine) => {
  test("TCPSocket: opened has the streams and the addresses, and bytes go both ways", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const socket = dial(engine, port);
    const { readable, writable, ...addresses } = await socket.opened;
    const server = await far;
    assert.deepEqual(addresses, {
      remoteAddress: "127.0.0.1",
      remotePort: port,
      localAddress: "127.0.0.1",
      localPort: (server.remote as { readonly port: number }).port,
    });
    const writer = writable.getWriter();
    await writer.write(bytes("one "));
    await writer.write(new DataView(new TextEncoder().encode("two").buffer));
    await writer.close();
    assert.equal(text(await readAll(server)), "one two");
    await server.write("answer");
    await server.end();
    const reader = readable.getReader();
    assert.equal(text((await reader.read()).value), "answer");
    assert.equal((await reader.read()).done, true);
    assert.equal(await socket.closed, undefined);
  });

  test("TCPSocket: readable is a byte stream", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const { readable } = await dial(engine, port).opened;
    await (await far).write("hello");
    const { value } = await readable.getReader({ mode: "byob" }).read(new Uint8Array(4));
    assert.equal(text(value), "hell");
  });

  test("TCPSocket: a chunk that is no buffer is a TypeError", async (t) => {
    const engine = createEngine();
    const { port } = await listening(t, engine);
    const { writable } = await dial(engine, port).opened;
    await assert.rejects(writable.getWriter().write("text" as never), TypeError);
  });

  test("TCPSocket: a failure to connect rejects opened and closed with a NetworkError", async () => {
    const engine = createEngine();
    const server = await serve({ engine, port: 0 }, () => undefined);
    await server.close();
    const socket = dial(engine, server.address.port);
    const error = await failureOf(socket.opened);
    assert.ok(isNetworkError(error));
    assert.match(String(error), /ECONNREFUSED/);
    assert.equal(await failureOf(socket.closed), error);
    assert.ok(isInvalidState(await failureOf(socket.close())));
  });

  test("TCPSocket: the peer's reset errors both streams, and rejects closed", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const socket = dial(engine, port);
    const { readable, writable } = await socket.opened;
    const read = failureOf(readable.getReader().read());
    await (await far).abort();
    assert.ok(isNetworkError(await read));
    assert.ok(isNetworkError(await failureOf(writable.getWriter().closed)));
    assert.ok(isNetworkError(await failureOf(socket.closed)));
  });

  test("TCPSocket: closed settles only when both streams are over", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const socket = dial(engine, port);
    const { readable, writable } = await socket.opened;
    await writable.close();
    assert.equal(await isPending(socket.closed), true);
    const server = await far;
    assert.equal(await server.read(), null);
    await server.end();
    const reader = readable.getReader();
    assert.equal((await reader.read()).done, true);
    assert.equal(await socket.closed, undefined);
  });

  test("TCPSocket: the peer's end leaves writable open", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const { readable, writable } = await dial(engine, port).opened;
    const server = await far;
    await server.end();
    assert.equal((await readable.getReader().read()).done, true);
    const writer = writable.getWriter();
    await writer.write(bytes("still here"));
    await writer.close();
    assert.equal(text(await readAll(server)), "still here");
  });

  test("TCPSocket: close before it is open, and with a locked stream, is an InvalidStateError", async (t) => {
    const engine = createEngine();
    const { port } = await listening(t, engine);
    const socket = dial(engine, port);
    assert.ok(isInvalidState(await failureOf(socket.close())));
    const { readable, writable } = await socket.opened;
    const reader = readable.getReader();
    assert.ok(isInvalidState(await failureOf(socket.close())));
    reader.releaseLock();
    const writer = writable.getWriter();
    assert.ok(isInvalidState(await failureOf(socket.close())));
    writer.releaseLock();
    assert.equal(await socket.close(), undefined);
    assert.equal(socket.close(), socket.closed);
  });

  test("TCPSocket: close sends what was written, and then ends", async (t) => {
    const engine = createEngine();
    const { port, far } = await listening(t, engine);
    const socket = dial(engine, port);
    const { writable } = await socket.opened;
    const writer = writable.getWriter();
    await writer.write(bytes("all of it"));
    writer.releaseLock();
    assert.equal(await socket.close(), undefined);
    assert.equal(text(await readAll(await far)), "all of it");
  });

  test("TCPServerSocket: readable gives open connections", async () => {
    const engine = createEngine();
    const server = new TCPServerSocket("127.0.0.1", { portcall: { engine } });
    const { readable, localAddress, localPort } = await server.opened;
    assert.equal(localAddress, "127.0.0.1");
    assert.ok(localPort > 0);
    const client = dial(engine, localPort);
    const reader = readable.getReader();
    const { value: accepted } = await reader.read();
    assert.ok(accepted instanceof TCPSocket);
    const [near, far] = [await client.opened, await accepted.opened];
    assert.deepEqual([far.localPort, far.remotePort], [localPort, near.localPort]);
    const echoed = far.readable.pipeTo(far.writable);
    const writer = near.writable.getWriter();
    await writer.write(bytes("ping"));
    assert.equal(text((await near.readable.getReader().read()).value), "ping");
    await writer.close();
    await echoed;
    assert.equal(await accepted.closed, undefined);
    reader.releaseLock();
    assert.equal(await server.close(), undefined);
  });

  test("TCPServerSocket: close stops listening, and leaves accepted connections open", async () => {
    const engine = createEngine();
    const server = new TCPServerSocket("127.0.0.1", { portcall: { engine } });
    assert.ok(isInvalidState(await failureOf(server.close())));
    const { readable, localPort } = await server.opened;
    const client = dial(engine, localPort);
    const reader = readable.getReader();
    const { value: accepted } = await reader.read();
    assert.ok(isInvalidState(await failureOf(server.close())));
    reader.releaseLock();
    assert.equal(await server.close(), undefined);
    assert.ok(isNetworkError(await failureOf(dial(engine, localPort).opened)));
    const [near, far] = [await client.opened, await accepted?.opened];
    await near.writable.getWriter().write(bytes("still open"));
    assert.equal(text((await far?.readable.getReader().read())?.value), "still open");
    await near.readable.cancel();
    await far?.writable.close();
  });

  test("UDPSocket: a connected one has one peer", async (t) => {
    const engine = createEngine();
    const peer = await bindUdp({ engine });
    t.after(() => peer.close());
    const { host, port } = peer.address;
    const socket = new UDPSocket({ remoteAddress: host, remotePort: port, portcall: { engine } });
    const { readable, writable, ...addresses } = await socket.opened;
    assert.deepEqual([addresses.remoteAddress, addresses.remotePort], [host, port]);
    const writer = writable.getWriter();
    await writer.write({ data: bytes("hello") });
    const datagram = await peer.receive();
    assert.equal(text(datagram?.bytes), "hello");
    assert.equal(datagram?.from.port, addresses.localPort);
    await peer.sendTo("answer", datagram.from);
    const reader = readable.getReader();
    const { value } = await reader.read();
    assert.deepEqual(Object.keys(value ?? {}), ["data"]);
    assert.equal(text(value?.data), "answer");
    reader.releaseLock();
    writer.releaseLock();
    assert.equal(await socket.close(), undefined);
  });

  test("UDPSocket: a bound one receives from all senders, and names them", async (t) => {
    const engine = createEngine();
    const peer = await bindUdp({ engine });
    t.after(() => peer.close());
    const socket = new UDPSocket({ localAddress: "127.0.0.1", portcall: { engine } });
    const { readable, writable, localAddress, localPort, remoteAddress } = await socket.opened;
    assert.deepEqual([localAddress, remoteAddress], ["127.0.0.1", undefined]);
    await peer.sendTo("question", `127.0.0.1:${localPort}`);
    const reader = readable.getReader();
    const { value } = await reader.read();
    assert.deepEqual([value?.remoteAddress, value?.remotePort], ["127.0.0.1", peer.address.port]);
    assert.equal(text(value?.data), "question");
    const writer = writable.getWriter();
    await writer.write({ ...value, data: bytes("answer") });
    assert.equal(text((await peer.receive())?.bytes), "answer");
    await reader.cancel();
    await writer.close();
    assert.equal(await socket.closed, undefined);
  });

  test("UDPSocket: a message with a peer too many, or without one, is a TypeError", async (t) => {
    const engine = createEngine();
    const peer = await bindUdp({ engine });
    t.after(() => peer.close());
    const { host, port } = peer.address;
    const data = bytes("x");
    const cases: readonly (readonly [UDPSocket, UDPMessage])[] = [
      [
        new UDPSocket({ remoteAddress: host, remotePort: port, portcall: { engine } }),
        { data, remoteAddress: host, remotePort: port },
      ],
      [new UDPSocket({ localAddress: host, portcall: { engine } }), { data }],
      [new UDPSocket({ localAddress: host, portcall: { engine } }), { data, remoteAddress: host }],
      [
        new UDPSocket({ localAddress: host, portcall: { engine } }),
        { data: "text" as never, remoteAddress: host, remotePort: port },
      ],
    ];
    for (const [socket, message] of cases) {
      const { readable, writable } = await socket.opened;
      await assert.rejects(writable.getWriter().write(message), TypeError);
      await readable.cancel();
      await assert.rejects(socket.closed, TypeError);
    }
  });

  test("UDPSocket: an address that is in use rejects opened and closed with a NetworkError", async (t) => {
    const engine = createEngine();
    const peer = await bindUdp({ engine });
    t.after(() => peer.close());
    const { host, port } = peer.address;
    const socket = new UDPSocket({ localAddress: host, localPort: port, portcall: { engine } });
    const error = await failureOf(socket.opened);
    assert.ok(isNetworkError(error));
    assert.equal(await failureOf(socket.closed), error);
  });

  test("UDPSocket: close with a locked stream is an InvalidStateError", async () => {
    const socket = new UDPSocket({ localAddress: "127.0.0.1", portcall: { engine: createEngine() } });
    assert.ok(isInvalidState(await failureOf(socket.close())));
    const { readable } = await socket.opened;
    const reader = readable.getReader();
    const read = reader.read();
    assert.ok(isInvalidState(await failureOf(socket.close())));
    await reader.cancel();
    assert.equal((await read).done, true);
    reader.releaseLock();
    assert.equal(await socket.close(), undefined);
  });
});

const refused: readonly (readonly [what: string, make: () => unknown])[] = [
  ["a keepAliveDelay below 1000", () => new TCPSocket("localhost", 1, { keepAliveDelay: 999 })],
  ["a sendBufferSize of 0", () => new TCPSocket("localhost", 1, { sendBufferSize: 0 })],
  ["a receiveBufferSize of 0", () => new TCPSocket("localhost", 1, { receiveBufferSize: 0 })],
  ["a noDelay that is no boolean", () => new TCPSocket("localhost", 1, { noDelay: 1 as never })],
  ["an unknown dnsQueryType", () => new TCPSocket("localhost", 1, { dnsQueryType: "ipv5" as never })],
  ["a port above 65535", () => new TCPSocket("localhost", 65_536)],
  ["a port with a fraction", () => new TCPSocket("localhost", 80.5)],
  ["an empty host", () => new TCPSocket("", 80)],
  ["a host that is no text", () => new TCPSocket(5 as never, 80)],
  ["options that are no object", () => new TCPSocket("localhost", 80, 5 as never)],
  ["a server on a name", () => new TCPServerSocket("localhost")],
  ["a server on port 0", () => new TCPServerSocket("127.0.0.1", { localPort: 0 })],
  ["a backlog of 0", () => new TCPServerSocket("127.0.0.1", { backlog: 0 })],
  ["ipv6Only on another address than ::", () => new TCPServerSocket("127.0.0.1", { ipv6Only: true })],
  ["no address at all", () => new UDPSocket()],
  ["a remoteAddress without remotePort", () => new UDPSocket({ remoteAddress: "localhost" })],
  ["a remotePort without remoteAddress", () => new UDPSocket({ remotePort: 1, localAddress: "::1" })],
  ["both kinds", () => new UDPSocket({ remoteAddress: "::1", remotePort: 1, localAddress: "::1" })],
  ["a localPort without localAddress", () => new UDPSocket({ localPort: 1 })],
  ["a localPort of 0", () => new UDPSocket({ localAddress: "127.0.0.1", localPort: 0 })],
  ["a bound socket on a name", () => new UDPSocket({ localAddress: "localhost" })],
  ["dnsQueryType when bound", () => new UDPSocket({ localAddress: "::1", dnsQueryType: "ipv6" })],
  ["ipv6Only when connected", () => new UDPSocket({ remoteAddress: "::1", remotePort: 1, ipv6Only: true })],
  ["ipv6Only when bound to ::1", () => new UDPSocket({ localAddress: "::1", ipv6Only: true })],
  ["a UDP sendBufferSize of 0", () => new UDPSocket({ localAddress: "::1", sendBufferSize: 0 })],
  ["multicast options", () => new UDPSocket({ localAddress: "::1", multicastLoopback: true } as never)],
];
for (const [what, make] of refused) {
  test(`${what}: a TypeError at once`, () => {
    assert.throws(make, TypeError);
  });
}
