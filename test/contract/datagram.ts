/**
 * The contract of every engine's datagrams: the prose of `src/wire/datagram.ts` as tests. An engine runs it with one
 * call of `testDatagrams`, with a row for each family.
 */
import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { tcpAddress, type UdpAddress } from "../../src/base/address/address.ts";
import {
  datagramBytesMax,
  type DatagramWire,
  type DatagramWireEvents,
  type DatagramWireOptions,
  type Engine,
  type WireError,
} from "../../src/wire/index.ts";
import { assertSameBytes, pattern } from "./wire-pair.ts";

export interface DatagramRow {
  readonly name: string;
  /** A local address, with port 0. */
  readonly address: UdpAddress;
  /** The address that stands for all local addresses. */
  readonly wildcard: UdpAddress;
  /** Another local address, if the engine can tell which one a datagram was sent to. */
  readonly other?: UdpAddress;
  /** A group or a broadcast address, if the engine can tell. */
  readonly notToSendFrom?: UdpAddress;
  /** An address of another machine, if the engine can tell. */
  readonly elsewhere?: UdpAddress;
  /** Why this machine cannot run the row; `undefined` if it can. */
  readonly skip?: string | undefined;
}

export interface DatagramEngineRow {
  readonly name: string;
  readonly createEngine: () => Engine;
  readonly addresses: readonly DatagramRow[];
}

const datagramOptions: DatagramWireOptions = {
  remote: undefined,
  reuseAddress: false,
  ipv6Only: false,
  ttl: undefined,
  broadcast: false,
  multicast: { groups: [], interface: undefined, loopback: true },
};

interface Received {
  readonly bytes: Uint8Array;
  readonly from: UdpAddress;
  readonly local: UdpAddress;
}

/** The owner of a datagram wire: records its events, and lets a test wait for them. */
export class DatagramRecorder implements DatagramWireEvents {
  readonly wire: DatagramWire;
  readonly datagrams: Received[] = [];
  readonly failures: WireError[] = [];
  closedCount = 0;
  readonly faults: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(wire: DatagramWire) {
    this.wire = wire;
    wire.start(this);
  }

  received(view: Uint8Array, from: UdpAddress, local: UdpAddress): void {
    this.datagrams.push({ bytes: new Uint8Array(view), from, local });
    this.#told("received");
  }

  failed(error: WireError): void {
    this.failures.push(error);
    this.#told("failed");
  }

  closed(): void {
    this.#told("closed");
    this.closedCount++;
  }

  /** Sends, and waits for `done`. */
  send(bytes: Uint8Array, to?: UdpAddress, local?: UdpAddress): Promise<WireError | undefined> {
    return new Promise((resolve) => {
      this.wire.send(bytes, to, local, resolve);
    });
  }

  async until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** The next event, past or future. */
  async next(): Promise<Received> {
    await this.until(() => this.datagrams.length > 0);
    return this.datagrams.shift() as Received;
  }

  #told(what: string): void {
    if (this.closedCount > 0) this.faults.push(`${what} after closed`);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    queueMicrotask(() => {
      for (const wake of waiting) wake();
    });
  }
}

/** Opens a wire. When the test is over, it is closed, and must have kept the rules. */
export async function open(
  t: TestContext,
  engine: Engine,
  local: UdpAddress,
  options: Partial<DatagramWireOptions> = {},
): Promise<DatagramRecorder> {
  const recorder = new DatagramRecorder(
    await engine.openDatagrams(local, { ...datagramOptions, ...options }),
  );
  t.after(async () => {
    recorder.wire.close();
    await recorder.until(() => recorder.closedCount > 0);
    assert.deepEqual(recorder.faults, []);
    assert.equal(recorder.closedCount, 1);
  });
  return recorder;
}

export function testDatagrams({ name, createEngine, addresses }: DatagramEngineRow): void {
  for (const row of addresses) {
    suite(`datagrams of the ${name} engine over ${row.name}`, { skip: row.skip, timeout: 20_000 }, () => {
      testCarrying(row, createEngine);
      testRefusals(row, createEngine);
      testOpening(row, createEngine);
      testClosing(row, createEngine);
    });
  }
}

function testCarrying(row: DatagramRow, createEngine: () => Engine): void {
  const largest = datagramBytesMax[row.address.family];

  for (const length of [0, 1, 1472, 9000, largest]) {
    test(`carries ${length} bytes whole, and says from where`, async (t) => {
      const engine = createEngine();
      const server = await open(t, engine, row.address);
      const client = await open(t, engine, row.address);
      const bytes = pattern(length, 7);
      assert.equal(await client.send(bytes, server.wire.local), undefined);
      const came = await server.next();
      assertSameBytes(came.bytes, bytes);
      assert.deepEqual(came.from, client.wire.local);
    });
  }

  test("keeps datagrams apart, and brings an answer back to who asked", async (t) => {
    const engine = createEngine();
    const server = await open(t, engine, row.address);
    const client = await open(t, engine, row.address, { remote: server.wire.local });
    for (const length of [3, 0, 5]) assert.equal(await client.send(pattern(length)), undefined);
    for (const length of [3, 0, 5]) {
      const { bytes, from } = await server.next();
      assertSameBytes(bytes, pattern(length));
      assert.equal(await server.send(bytes, from), undefined);
    }
    for (const length of [3, 0, 5]) assertSameBytes((await client.next()).bytes, pattern(length));
  });

  test("calls back for each send, never during the call", async (t) => {
    const engine = createEngine();
    const server = await open(t, engine, row.address);
    const client = await open(t, engine, row.address);
    let inside = true;
    let calls = 0;
    const done = (): void => {
      assert.equal(inside, false);
      calls++;
    };
    const all = Array.from({ length: 20 }, (_, at) => {
      return new Promise<void>((resolve) => {
        client.wire.send(Uint8Array.of(at), server.wire.local, undefined, () => {
          done();
          resolve();
        });
      });
    });
    inside = false;
    await Promise.all(all);
    assert.equal(calls, 20);
    await server.until(() => server.datagrams.length === 20);
  });

  test("a wire for all addresses answers from the one that was asked", async (t) => {
    const engine = createEngine();
    const server = await open(t, engine, row.wildcard);
    const at = tcpAddress(row.address.host, server.wire.local.port);
    const client = await open(t, engine, row.address, { remote: at });
    await client.send(pattern(3));
    const { from } = await server.next();
    assert.deepEqual(from, client.wire.local);
    assert.equal(await server.send(pattern(4), from), undefined);
    const answer = await client.next();
    assert.deepEqual(answer.from, at);
    assertSameBytes(answer.bytes, pattern(4));
  });

  test("says where a datagram was sent to", async (t) => {
    const engine = createEngine();
    const server = await open(t, engine, row.address);
    const client = await open(t, engine, row.address, { remote: server.wire.local });
    await client.send(pattern(3));
    const { from, local } = await server.next();
    assert.deepEqual(local, server.wire.local);
    await server.send(pattern(4), from);
    assert.deepEqual((await client.next()).local, client.wire.local);
  });

  const { other } = row;
  if (other !== undefined) {
    test("a wire for all addresses says which one was asked, and answers from it", async (t) => {
      const engine = createEngine();
      const server = await open(t, engine, row.wildcard);
      const { port } = server.wire.local;
      for (const endpoint of [row.address, other, row.address, other]) {
        const remote = tcpAddress(endpoint.host, port);
        const client = await open(t, engine, { ...endpoint, host: clientHost(endpoint) }, { remote });
        await client.send(pattern(3));
        const { from, local } = await server.next();
        assert.deepEqual([from, local], [client.wire.local, remote]);
        assert.equal(await server.send(pattern(4), from, local), undefined);
        const answer = await client.next();
        assert.deepEqual(answer.from, remote);
        assertSameBytes(answer.bytes, pattern(4));
      }
    });

    test("sends from where the system chooses, if the address is none to send from", async (t) => {
      const engine = createEngine();
      const server = await open(t, engine, row.wildcard);
      const client = await open(t, engine, row.address);
      for (const local of [row.notToSendFrom, row.elsewhere, row.wildcard]) {
        if (local === undefined) continue;
        assert.equal(await server.send(pattern(4), client.wire.local, local), undefined);
        assertSameBytes((await client.next()).bytes, pattern(4));
      }
    });
  }

  test("a connected wire receives from its peer only", async (t) => {
    const engine = createEngine();
    const [peer, stranger] = [await open(t, engine, row.address), await open(t, engine, row.address)];
    const client = await open(t, engine, row.address, { remote: peer.wire.local });
    assert.deepEqual(client.wire.remote, peer.wire.local);
    await stranger.send(Uint8Array.of(1), client.wire.local);
    await peer.send(Uint8Array.of(2), client.wire.local);
    assert.deepEqual([...(await client.next()).bytes], [2]);
  });
}

/**
 * The address of a client that asks this address. It is another one, so that the system would not choose it for an
 * answer.
 */
function clientHost({ family }: UdpAddress): string {
  return family === 4 ? "127.0.0.1" : "::1";
}

function testRefusals(row: DatagramRow, createEngine: () => Engine): void {
  const tooLong = datagramBytesMax[row.address.family] + 1;

  test("a datagram that is too long fails alone (EMSGSIZE), and nothing of it arrives", async (t) => {
    const engine = createEngine();
    const server = await open(t, engine, row.address);
    const client = await open(t, engine, row.address);
    const failure = await client.send(new Uint8Array(tooLong), server.wire.local);
    assert.equal(failure?.code, "EMSGSIZE");
    assert.equal(failure.during, "send");
    assert.equal(await client.send(Uint8Array.of(5), server.wire.local), undefined);
    assert.deepEqual([...(await server.next()).bytes], [5]);
  });

  test("F83: reports a refusal on a connected wire, which works once a peer listens", async (t) => {
    const engine = createEngine();
    const gone = await open(t, engine, row.address);
    const at = gone.wire.local;
    gone.wire.close();
    await gone.until(() => gone.closedCount > 0);
    const client = await open(t, engine, row.address, { remote: at });
    // Either send may report the refusal of the other: both are accepted.
    assert.equal(await client.send(Uint8Array.of(1)), undefined);
    assert.equal(await client.send(Uint8Array.of(2)), undefined);
    await client.until(() => client.failures.length > 0);
    assert.equal(client.failures[0]?.code, "ECONNREFUSED");
    assert.equal(client.failures[0].during, "receive");
    const server = await open(t, engine, at);
    assert.equal(await client.send(Uint8Array.of(3)), undefined);
    assert.deepEqual([...(await server.next()).bytes], [3]);
  });

  test("an unconnected wire receives no report of it, and works on", async (t) => {
    const engine = createEngine();
    const gone = await open(t, engine, row.address);
    gone.wire.close();
    await gone.until(() => gone.closedCount > 0);
    const [client, server] = [await open(t, engine, row.address), await open(t, engine, row.address)];
    assert.equal(await client.send(Uint8Array.of(1), gone.wire.local), undefined);
    assert.equal(await client.send(Uint8Array.of(2), server.wire.local), undefined);
    assert.deepEqual([...(await server.next()).bytes], [2]);
    assert.deepEqual(client.failures, []);
  });
}

function testOpening(row: DatagramRow, createEngine: () => Engine): void {
  test("an address that is taken is refused", async (t) => {
    const engine = createEngine();
    const first = await open(t, engine, row.address);
    await assert.rejects(
      engine.openDatagrams(first.wire.local, datagramOptions),
      (error: WireError) => error.code === "EADDRINUSE" && error.during === "bind",
    );
  });

  const { elsewhere } = row;
  if (elsewhere !== undefined) {
    test("an address of another machine is refused", async () => {
      await assert.rejects(
        createEngine().openDatagrams(elsewhere, datagramOptions),
        (error: WireError) => error.code === "EADDRNOTAVAIL" && error.during === "bind",
      );
    });
  }
}

function testClosing(row: DatagramRow, createEngine: () => Engine): void {
  test("closes once, and frees the address", async (t) => {
    const engine = createEngine();
    const first = await open(t, engine, row.address);
    first.wire.close();
    first.wire.close();
    await first.until(() => first.closedCount > 0);
    const second = await open(t, engine, first.wire.local);
    assert.deepEqual(second.wire.local, first.wire.local);
  });

  test("reports nothing after it was closed, even with a datagram under way", async (t) => {
    const engine = createEngine();
    const [server, client] = [await open(t, engine, row.address), await open(t, engine, row.address)];
    const sent = client.send(pattern(3), server.wire.local);
    server.wire.close();
    await sent;
    await server.until(() => server.closedCount > 0);
    assert.deepEqual(server.datagrams, []);
  });
}
