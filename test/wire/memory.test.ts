/** Properties of the network in memory beyond the contract: it is stricter than real engines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tcpAddress, type TcpAddress, type UnixAddress } from "../../src/base/address/address.ts";
import { noBytes } from "../../src/base/bytes.ts";
import {
  createMemoryEngine,
  WireError,
  type Engine,
  type MemoryEngineOptions,
  type Wire,
} from "../../src/wire/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";
import { WireRecorder } from "../support/wire-recorder.ts";

const options = { noDelay: true, keepAliveMs: 0, backlog: 64, ipv6Only: false };
const here = tcpAddress("127.0.0.1", 7);

/** With a clock set by hand, so that open sockets do not keep the test's process alive. */
function network(further: MemoryEngineOptions = {}): Engine {
  return createMemoryEngine({ clock: new FakeClock(), ...further });
}

/** Listens at `place`, and adds accepted wires to the list. */
async function listen(
  engine: Engine,
  endpoint: TcpAddress | UnixAddress,
  backlog = 64,
): Promise<WireRecorder[]> {
  const accepted: WireRecorder[] = [];
  await engine.listen(
    endpoint,
    { ...options, backlog },
    { accepted: (wire) => accepted.push(new WireRecorder(wire).start()), acceptFailed: () => undefined },
  );
  return accepted;
}

function dial(
  engine: Engine,
  endpoint: TcpAddress | UnixAddress,
  signal = new AbortController().signal,
): Promise<Wire> {
  return engine.connect(endpoint, options, signal);
}

async function join(engine: Engine): Promise<[client: WireRecorder, server: WireRecorder]> {
  const accepted = await listen(engine, here);
  const client = new WireRecorder(await dial(engine, here)).start();
  client.wire.write(Uint8Array.of(0));
  while (accepted.length === 0) await new Promise(setImmediate);
  const server = accepted[0] as WireRecorder;
  await server.untilReceived(1);
  return [client, server];
}

test("overwrites a view when the call is over: a view that was kept has lost its bytes", async () => {
  const [client, server] = await join(network());
  let kept: Uint8Array = noBytes;
  server.onBytes = (view) => {
    kept = view;
    assert.deepEqual([...view], [1, 2, 3]);
  };
  client.wire.write(Uint8Array.of(1, 2, 3));
  await server.untilReceived(4);
  await new Promise(setImmediate);
  assert.deepEqual([...kept], [0xdb, 0xdb, 0xdb]);
});

test("delivers at most its limit in one call", async () => {
  const [client, server] = await join(network({ chunkBytesMax: 100 }));
  const lengths: number[] = [];
  server.onBytes = (view) => {
    lengths.push(view.length);
  };
  await client.send(new Uint8Array(250));
  await server.untilReceived(251);
  assert.deepEqual(lengths, [100, 100, 50]);
});

test("takes from the sender what the receiver has room for, and no byte more", async () => {
  const [client, server] = await join(network({ capacityBytes: 1000 }));
  server.wire.pause();
  assert.ok(client.wire.write(new Uint8Array(1000)));
  assert.ok(!client.wire.write(new Uint8Array(500)));
  assert.equal(client.wire.pendingBytes, 500);
});

test("is a separate network: other networks cannot reach it", async () => {
  await listen(network(), here);
  await assert.rejects(dial(network(), here), { code: "ECONNREFUSED" });
});

test("runs every task with the given function, and never at once", async () => {
  const tasks: (() => void)[] = [];
  const engine = network({ schedule: (task) => tasks.push(task) });
  const accepted = await listen(engine, here);
  const client = new WireRecorder(await dial(engine, here)).start();
  client.wire.write(Uint8Array.of(1));
  assert.equal(accepted.length, 0);
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task();
  assert.equal(accepted[0]?.bytesReceived, 1);
});

test("has no descriptors, unless it is given some", () => {
  assert.equal(network().descriptors(), undefined);
  const few = { limit: 10, open: 3 };
  assert.deepEqual(createMemoryEngine({ descriptors: () => few }).descriptors(), few);
});

test("a route answers when its time has come", async () => {
  const { engine, clock, settle } = simulateNetwork({ route: () => ({ delayMs: 30 }) });
  await listen(engine, here);
  const wires: Wire[] = [];
  void dial(engine, here).then((wire) => wires.push(wire));
  clock.advance(29);
  await settle();
  assert.equal(wires.length, 0);
  clock.advance(1);
  await settle();
  assert.deepEqual(wires[0]?.remote, here);
});

test("a route fails with its error, after its delay", async () => {
  const clock = new FakeClock();
  const engine = createMemoryEngine({ clock, route: () => ({ delayMs: 30, fails: "EHOSTUNREACH" }) });
  const attempt = dial(engine, here);
  clock.advance(30);
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof WireError);
    assert.deepEqual([error.code, error.during], ["EHOSTUNREACH", "connect"]);
    return true;
  });
});

test("a silent route never answers, and can be given up", async () => {
  const engine = createMemoryEngine({ clock: new FakeClock(), route: () => ({ fails: "silent" }) });
  const controller = new AbortController();
  const attempt = dial(engine, here, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(attempt, /enough/);
});

test("F5: a client for whom the backlog has no room waits, and is let in when it has", async () => {
  const { engine, settle } = simulateNetwork();
  const accepted: Wire[] = [];
  const events = { accepted: (wire: Wire) => accepted.push(wire), acceptFailed: () => undefined };
  const listener = await engine.listen(here, { ...options, backlog: 1 }, events);
  listener.pause();
  let connected = 0;
  for (let count = 0; count < 4; count++) void dial(engine, here).then(() => connected++);
  await settle();
  // As in a kernel, the queue holds one more than its length.
  assert.equal(connected, 2);
  listener.resume();
  await settle();
  assert.deepEqual([connected, accepted.length], [4, 4]);
});
