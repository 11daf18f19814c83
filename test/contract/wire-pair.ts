/**
 * Shared parts of the wire contract: a row of its table, and two wires that an engine has connected, each with a
 * recorder.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { TcpAddress, UnixAddress } from "../../src/base/address/address.ts";
import type {
  Engine,
  Listener,
  Wire,
  WireConnectOptions,
  WireError,
  WireListenOptions,
} from "../../src/wire/index.ts";
import { WireRecorder } from "../support/wire-recorder.ts";

export interface AddressRow {
  readonly name: string;
  /** A fresh address to listen on; the port of a TCP address is 0. */
  readonly address: () => TcpAddress | UnixAddress;
  /** An address of this kind on another machine, if the engine can tell. */
  readonly elsewhere?: TcpAddress;
  /** Why this machine cannot run the row; `undefined` if it can. */
  readonly skip?: string | undefined;
}

export interface WireRow extends AddressRow {
  readonly createEngine: () => Engine;
}

export type Endpoint = TcpAddress | UnixAddress;

const connectOptions: WireConnectOptions = { noDelay: true, keepAliveMs: 0 };
export const listenOptions: WireListenOptions = {
  noDelay: true,
  keepAliveMs: 0,
  backlog: 64,
  ipv6Only: false,
};

/** A listener and its accepted wires, to be taken one by one. */
export interface ListeningPair {
  readonly listener: Listener;
  readonly address: Endpoint;
  readonly count: number;
  next(): Promise<Wire>;
}

/** Listens. When the test is over, the listener and every wire that was not taken are closed. */
export async function listen(t: TestContext, engine: Engine, endpoint: Endpoint): Promise<ListeningPair> {
  const arrived: Wire[] = [];
  const asked: ((wire: Wire) => void)[] = [];
  const failures: WireError[] = [];
  let count = 0;
  const listener = await engine.listen(endpoint, listenOptions, {
    accepted(wire) {
      count++;
      const first = asked.shift();
      if (first === undefined) arrived.push(wire);
      else first(wire);
    },
    acceptFailed: (error) => failures.push(error),
  });
  t.after(async () => {
    await listener.close();
    for (const wire of arrived) wire.close();
    assert.deepEqual(failures, []);
  });
  return {
    listener,
    address: listener.address,
    get count() {
      return count;
    },
    next() {
      const wire = arrived.shift();
      return wire === undefined ? new Promise((resolve) => asked.push(resolve)) : Promise.resolve(wire);
    },
  };
}

/** Connects, without a timeout. */
export function dial(
  engine: Engine,
  endpoint: Endpoint,
  signal = new AbortController().signal,
): Promise<Wire> {
  return engine.connect(endpoint, connectOptions, signal);
}

/** A recorder. When the test is over, its wire is closed, and must have kept the rules. */
export function record(t: TestContext, wire: Wire): WireRecorder {
  const recorder = new WireRecorder(wire);
  t.after(async () => {
    if (!recorder.hasStarted) recorder.start();
    recorder.close();
    for (let turns = 0; turns < 1000 && !recorder.hasClosed; turns++) await turn();
    assert.ok(recorder.hasClosed, `let go of, the wire does not close (${recorder.reported.join(", ")})`);
    assert.deepEqual(recorder.faults, [], recorder.reported.join(", "));
  });
  return recorder;
}

export interface Pair {
  readonly engine: Engine;
  readonly door: ListeningPair;
  readonly client: WireRecorder;
  readonly server: WireRecorder;
}

/** Two connected wires; started, unless the test starts them itself. */
export async function join(t: TestContext, row: WireRow, { started = true } = {}): Promise<Pair> {
  const engine = row.createEngine();
  const door = await listen(t, engine, row.address());
  const [client, server] = await connectThrough(t, engine, door);
  if (started) {
    client.start();
    server.start();
  }
  return { engine, door, client, server };
}

/** One more pair of wires through an open listener. */
export async function connectThrough(
  t: TestContext,
  engine: Engine,
  door: ListeningPair,
): Promise<[client: WireRecorder, server: WireRecorder]> {
  const [client, server] = await Promise.all([dial(engine, door.address), door.next()]);
  return [record(t, client), record(t, server)];
}

/** Resolves when the engine has emitted all earlier events: a byte has made a round trip. */
export async function engineHasTurned(t: TestContext, { engine, door }: Pair): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const [client, server] = await connectThrough(t, engine, door);
    client.start();
    server.start();
    await client.send(Uint8Array.of(1));
    await server.untilReceived(1);
    await server.send(Uint8Array.of(2));
    await client.untilReceived(1);
  }
}

/** Bytes that differ from their neighbours, so that a loss or a swap is visible. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** Compares whole arrays without printing megabytes. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const length = Math.min(actual.length, expected.length);
  let at = 0;
  while (at < length && actual[at] === expected[at]) at++;
  assert.fail(`${actual.length} bytes of ${expected.length} came, and they differ at ${at}`);
}

/** A Unix socket has no RST: its peer sees an end of stream, or ECONNRESET if anything was unread. */
export function hasReset(row: WireRow): boolean {
  return row.address().family !== "unix";
}
