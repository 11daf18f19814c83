/**
 * Leaves something open, or nothing, on an engine. Prints `alive` if the process still runs after the given time, and
 * nothing if it has exited before.
 *
 *     node process-life.js <engine> <case> <milliseconds>
 */
import { chooseEngine, createMemoryEngine, type Engine } from "../../../src/engine.ts";
import {
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  type NetError,
  serve,
  type Connection,
  type EngineChoice,
  type RawConnection,
} from "../../../src/index.ts";
import { FakeClock, openPair } from "../../../src/testing/index.ts";

const [engineName = "", caseName = "", ms = ""] = process.argv.slice(2);

// This timer does not keep the process alive: only open sockets do.
setTimeout(() => {
  process.stdout.write("alive\n");
  process.exit(0);
}, Number(ms)).unref();

const engine: Engine =
  engineName === "memory" || engineName === "memory with a fake clock"
    ? createMemoryEngine(engineName === "memory" ? {} : { clock: new FakeClock() })
    : chooseEngine(engineName as EngineChoice);

interface Pair {
  readonly client: Connection;
  readonly far: RawConnection;
}

/** Two connected ends, and no listener. The far end does nothing by itself. */
async function pair(): Promise<Pair> {
  let opened!: (far: RawConnection) => void;
  const opening = new Promise<RawConnection>((resolve) => (opened = resolve));
  const options = { engine, idleTimeoutMs: Infinity, firstByteTimeoutMs: Infinity };
  const server = await serve(
    { ...options, acceptMax: 1 },
    { opened, bytes: () => undefined, ended: () => undefined },
  );
  const client = await connect(formatAddress(server.address), options);
  return { client, far: await opening };
}

const cases: Readonly<Record<string, () => Promise<unknown>>> = {
  "a listener": () => serve({ engine }, () => undefined),
  "a paused listener": async () => {
    const server = await serve({ engine }, () => undefined);
    server.pause();
  },
  "an open connection": pair,
  "a connection of which both ends are paused": async () => {
    const { client, far } = await pair();
    far.pause();
    far.write(new Uint8Array(1_000_000));
    await client.read();
  },
  "a connection of which one side has ended": async () => {
    const { client } = await pair();
    await client.end();
  },
  "bytes that wait to be sent": async () => {
    const { client, far } = await pair();
    far.pause();
    void client.write(new Uint8Array(20_000_000));
  },
  "a read with a deadline": async () => {
    const { client } = await openPair({ engine });
    // Longer than any test waits.
    client.read({ timeoutMs: 60_000 }).catch(() => undefined);
  },
  "a bound datagram socket": () => bindUdp({ engine }),
  "a dialed datagram socket": async () => {
    const bound = await bindUdp({ engine });
    await connectUdp(formatAddress(bound.address), { engine });
    await bound.close();
  },
  "an unreferenced listener": async () => (await serve({ engine }, () => undefined)).unref(),
  "an unreferenced listener that is paused, and one that was paused before": async () => {
    const first = await serve({ engine }, () => undefined);
    first.unref().pause();
    const second = await serve({ engine }, () => undefined);
    second.pause();
    second.unref();
  },
  "a listener that was unreferenced and referenced again": async () =>
    (await serve({ engine }, () => undefined)).unref().ref(),
  "a paused listener that was unreferenced and referenced again": async () => {
    const server = await serve({ engine }, () => undefined);
    server.unref().pause();
    server.ref();
  },
  "an unreferenced connection": async () => {
    const { client, far } = await pair();
    client.unref();
    far.unref();
  },
  "an unreferenced connection that reads": async () => {
    const { client, far } = await pair();
    far.unref();
    void client.unref().read();
  },
  "a connection that was unreferenced and referenced again": async () => {
    const { client, far } = await pair();
    client.unref();
    far.unref();
    far.ref();
  },
  "bytes that wait to be sent on an unreferenced connection": async () => {
    const { client, far } = await pair();
    far.pause();
    far.unref();
    void client.unref().write(new Uint8Array(20_000_000));
  },
  "unreferenced datagram sockets": async () => {
    const bound = (await bindUdp({ engine })).unref();
    const dialed = await connectUdp(formatAddress(bound.address), { engine });
    void dialed.unref().receive();
  },
  "datagram sockets that were unreferenced and referenced again": async () => {
    const bound = (await bindUdp({ engine })).unref();
    (await connectUdp(formatAddress(bound.address), { engine })).unref();
    bound.ref();
  },
  "a pair for tests whose two ends were closed": async () => {
    const { client, far } = await openPair({ engine });
    await Promise.all([client.close(), far.close()]);
  },
  "a closed listener": async () => {
    const server = await serve({ engine }, () => undefined);
    await server.close();
  },
  "a connection that both sides have ended": async () => {
    const { client, far } = await pair();
    far.end();
    await client.end();
    await client.read();
  },
  "a connection that was closed": async () => {
    const { client, far } = await pair();
    far.close();
    await client.close();
  },
  "a connection that was reset": async () => {
    const { client } = await pair();
    await client.abort();
  },
  "a closed datagram socket": async () => {
    const socket = await bindUdp({ engine });
    await socket.close();
  },
  "a read whose deadline has passed, and its pair closed": async () => {
    const opened = await openPair({ engine });
    const read = opened.client.read({ timeoutMs: 50 });
    await read.catch((error: unknown) => console.log((error as NetError).code));
    await opened.close();
  },
};

await cases[caseName]?.();
