/** Properties of the portable engine: it corrects behaviours of Node, and handles the system's files. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Worker } from "node:worker_threads";
import { tcpAddress, type TcpAddress, type UnixAddress } from "../../src/base/address/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import { limits } from "../../src/index.ts";
import { createPortableEngine, type Listener, type Wire } from "../../src/wire/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { turnsUntil } from "../support/turns.ts";
import { noPython, startPython } from "../support/python.ts";
import { WireRecorder } from "../support/wire-recorder.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
const noIpv6 = !hasIpv6 && "this machine has no ::1";
const notLinux = process.platform !== "linux" && "only Linux does so";

const options = { noDelay: true, keepAliveMs: 0, backlog: 64, ipv6Only: false };

interface Door {
  readonly listener: Listener;
  readonly first: Promise<Wire>;
}

async function listen(
  t: TestContext,
  endpoint: TcpAddress | UnixAddress,
  { ipv6Only = false, clock }: { ipv6Only?: boolean; clock?: Clock } = {},
): Promise<Door> {
  let came!: (wire: Wire) => void;
  const first = new Promise<Wire>((resolve) => (came = resolve));
  const listener = await createPortableEngine(clock).listen(
    endpoint,
    { ...options, ipv6Only },
    { accepted: came, acceptFailed: (error) => assert.fail(error) },
  );
  t.after(() => listener.close());
  return { listener, first };
}

async function dial(endpoint: TcpAddress | UnixAddress, from?: string): Promise<Wire> {
  const connectOptions = {
    ...options,
    localAddress: from,
  };
  return createPortableEngine().connect(endpoint, connectOptions, new AbortController().signal);
}

function portOf(listener: Listener): number {
  return listener.address.family === "unix" ? 0 : listener.address.port;
}

test(
  "F24: a client that has gone before it could be asked for its address is a wire all the same",
  { skip: notLinux },
  async (t) => {
    const { listener, first } = await listen(t, tcpAddress("127.0.0.1", 0));
    const gone = new Int32Array(new SharedArrayBuffer(4));
    const program = `
    const { workerData: { port, gone } } = require("node:worker_threads");
    const socket = require("node:net").connect(port, "127.0.0.1", () => {
      socket.on("close", () => { Atomics.store(gone, 0, 1); Atomics.notify(gone, 0); });
      socket.resetAndDestroy();
    });`;
    const worker = new Worker(program, { eval: true, workerData: { port: portOf(listener), gone } });
    await once(worker, "online");
    // The loop is blocked until the client has reset. Only then is the client accepted.
    Atomics.wait(gone, 0, 0);
    const wire = await first;
    assert.equal(wire.remote, undefined);
    const recorder = new WireRecorder(wire).start();
    assert.equal((await recorder.closing)?.code, "ECONNRESET");
    await worker.terminate();
  },
);

test("connects from the local address that is asked for", { skip: notLinux }, async (t) => {
  const { listener, first } = await listen(t, tcpAddress("127.0.0.1", 0));
  const client = await dial(tcpAddress("127.0.0.1", portOf(listener)), "127.0.0.2");
  const { remote } = await first;
  assert.deepEqual(remote, client.local);
  assert.equal(client.local.family === "unix" || client.local.host, "127.0.0.2");
  client.close();
  (await first).close();
});

test("an IPv4 client of an IPv6 listener has an IPv4 address", { skip: noIpv6 }, async (t) => {
  const { listener, first } = await listen(t, tcpAddress("::", 0));
  const client = await dial(tcpAddress("127.0.0.1", portOf(listener)));
  assert.deepEqual((await first).remote, client.local);
  assert.equal((await first).remote?.family, 4);
  client.close();
  (await first).close();
});

test("ipv6Only refuses IPv4 clients", { skip: noIpv6 }, async (t) => {
  const { listener } = await listen(t, tcpAddress("::", 0), { ipv6Only: true });
  await assert.rejects(dial(tcpAddress("127.0.0.1", portOf(listener))), {
    code: "ECONNREFUSED",
    during: "connect",
  });
});

test(
  "keepAliveMs is the idle time after which the kernel asks whether the peer lives; 0 turns that off",
  { skip: notLinux },
  async (t) => {
    for (const [keepAliveMs, expected] of [
      [limits.keepAliveMs.value, limits.keepAliveMs.value],
      [0, undefined],
    ] as const) {
      const accepted: Wire[] = [];
      const engine = createPortableEngine();
      const settings = { ...options, keepAliveMs };
      const listener = await engine.listen(tcpAddress("127.0.0.1", 0), settings, {
        accepted: (wire) => accepted.push(wire),
        acceptFailed: (error) => assert.fail(error),
      });
      t.after(() => listener.close());
      const client = await engine.connect(
        tcpAddress("127.0.0.1", portOf(listener)),
        settings,
        new AbortController().signal,
      );
      await turnsUntil(() => accepted.length === 1);
      const wires = [client, ...accepted];
      for (const idleMs of wires.map(keepAliveTimerMs)) {
        if (expected === undefined) assert.equal(idleMs, undefined);
        else
          assert.ok(
            idleMs !== undefined && idleMs > expected - 5000 && idleMs <= expected + 100,
            String(idleMs),
          );
      }
      for (const wire of wires) wire.close();
    }
  },
);

/** When the kernel will probe the peer of this socket, from /proc; `undefined` if never. */
function keepAliveTimerMs({ local }: Wire): number | undefined {
  const port = (local.family === "unix" ? 0 : local.port).toString(16).toUpperCase().padStart(4, "0");
  const established = "01";
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  const row = rows.find((fields) => fields[1]?.endsWith(`:${port}`) === true && fields[3] === established);
  const [active, when] = (row ?? assert.fail(`no socket has port ${port}`))[5]?.split(":") ?? [];
  // In hundredths of a second, whatever the kernel counts in.
  return active === "02" ? Number.parseInt(when ?? "", 16) * 10 : undefined;
}

test("counts the descriptors of this process", { skip: notLinux }, async () => {
  const engine = createPortableEngine();
  const before = engine.descriptors();
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  assert.equal(engine.descriptors()?.open, (before?.open ?? 0) + 1);
  assert.match(
    readFileSync("/proc/self/limits", "utf8"),
    new RegExp(`Max open files\\s+${before?.limit}\\b`),
  );
  server.close();
});

test("F101: listens in place of a server that died and left its socket behind", async (t) => {
  const path = join(folder, "stale");
  const dead = net.createServer().listen(`${path}-alive`);
  await once(dead, "listening");
  // Moved away from the close that would remove it, as `kill -9` leaves it.
  renameSync(`${path}-alive`, path);
  dead.close();
  await once(dead, "close");
  assert.ok(existsSync(path));
  const { first } = await listen(t, { family: "unix", path });
  const client = await dial({ family: "unix", path });
  client.close();
  (await first).close();
});

test("F101: leaves the socket of a server that lives alone", async (t) => {
  const path = join(folder, "alive");
  const alive = net.createServer((socket) => socket.destroy()).listen(path);
  await once(alive, "listening");
  t.after(() => alive.close());
  await assert.rejects(listen(t, { family: "unix", path }), { code: "EADDRINUSE", during: "bind" });
  (await dial({ family: "unix", path })).close();
});

test("F101: never touches what is not a socket", async (t) => {
  const path = join(folder, "file");
  writeFileSync(path, "precious");
  await assert.rejects(listen(t, { family: "unix", path }), { code: "ENOTSOCK", during: "bind" });
  assert.equal(readFileSync(path, "utf8"), "precious");
});

test("a Unix socket is gone with its listener", async (t) => {
  const path = join(folder, "gone");
  const { listener } = await listen(t, { family: "unix", path });
  assert.ok(existsSync(path));
  await listener.close();
  assert.ok(!existsSync(path));
});

/** The peer no longer reads, but may still send: sends fail, and no end of stream arrives. */
const deafPeer = `
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
peer.shutdown(socket.SHUT_RD)
for line in sys.stdin:
    if line == "speak\\n": peer.send(b"final data")
    print("done", flush=True)
`;

test(
  "F19: waits dataBeforeResetMs for more data of the peer after a send has failed",
  { skip: noPython || notLinux },
  async (t) => {
    const clock = new FakeClock();
    const path = join(folder, "deaf");
    const { first } = await listen(t, { family: "unix", path }, { clock });
    const idleTimers = clock.timers;
    const peer = startPython(t, deafPeer, path);
    const wire = new WireRecorder(await first).start();
    peer.tell("wait");
    await peer.hear();
    assert.ok(!wire.wire.write(Uint8Array.of(1)));
    clock.advance(limits.dataBeforeResetMs.value - 1);
    peer.tell("speak");
    await wire.untilReceived("final data".length);
    clock.advance(limits.dataBeforeResetMs.value - 1);
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
    assert.ok(!wire.hasClosed, "each word gives it as much time again");
    clock.advance(1);
    const error = await wire.closing;
    assert.deepEqual([error?.code, error?.during], ["EPIPE", "send"]);
    assert.deepEqual(wire.reported, ["bytes", "closed"]);
    assert.equal(wire.wire.pendingBytes, 1);
    assert.equal(clock.timers, idleTimers);
  },
);

test(
  "F19: waits as long for a paused wire, which may itself wait for its queue to drain",
  { skip: noPython || notLinux },
  async (t) => {
    const clock = new FakeClock();
    const path = join(folder, "deaf-paused");
    const { first } = await listen(t, { family: "unix", path }, { clock });
    const idleTimers = clock.timers;
    const peer = startPython(t, deafPeer, path);
    const wire = new WireRecorder(await first).start();
    peer.tell("wait");
    await peer.hear();
    wire.wire.write(Uint8Array.of(1));
    wire.wire.pause();
    peer.tell("speak");
    await wire.untilReceived("final data".length);
    clock.advance(limits.dataBeforeResetMs.value);
    assert.equal((await wire.closing)?.code, "EPIPE");
    assert.equal(clock.timers, idleTimers);
  },
);
