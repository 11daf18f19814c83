/**
 * The cost of an idle connection in V8's heap, without its wire. A server may have tens of thousands of them, so a
 * further field or closure must be a deliberate decision.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lines } from "../../src/codec/index.ts";
import { ByteConnection, type ConnectionOwner } from "../../src/net/connection/byte-connection.ts";
import { Connection } from "../../src/net/connection/connection.ts";
import { TimerHeap } from "../../src/net/timing/timer-heap.ts";
import { serverSettings } from "../../src/net/options/server-settings.ts";
import { createMemoryEngine, type Wire, type WireEvents } from "../../src/wire/index.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A wire without activity of its own. */
class SilentWire implements Wire {
  readonly local = here;
  readonly remote = here;
  readonly pendingBytes = 0;
  readonly stableViews = true;
  events: WireEvents | undefined = undefined;

  start(events: WireEvents): void {
    this.events = events;
  }
  write(): boolean {
    return true;
  }
  writeAll(): boolean {
    return true;
  }
  tcpInfo(): undefined {
    return undefined;
  }
  pause(): void {}
  resume(): void {}

  holdProcess(): void {
    // There is no process to keep alive.
  }
  end(): void {}
  close(): void {}
  abort(): void {}
}

const here = { family: 4, host: "127.0.0.1", port: 1 } as const;

const rounds = 4;

/** Mean heap of one connection in bytes, idle after it has received and sent one line. */
async function heapBytesOf(open: (connection: ByteConnection) => void): Promise<number> {
  const settings = serverSettings({ engine: createMemoryEngine() });
  const owner: ConnectionOwner = { role: "server", settings, timers: new TimerHeap(settings.clock) };
  const wires: SilentWire[] = [];
  const line = Uint8Array.from(Buffer.from("a line\n"));
  const openMany = async (count: number): Promise<number> => {
    const added = Array.from({ length: count }, () => new SilentWire());
    wires.push(...added);
    await turn();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (const wire of added) open(new ByteConnection({ id: 1, owner, wire, startedAtMs: 0 }));
    for (const wire of added) wire.events?.bytes(line);
    await turn();
    collect();
    return (process.memoryUsage().heapUsed - before) / count;
  };
  // The functions' own cost, of their first runs and of optimization, does not belong to a connection.
  await openMany(8000);
  // A round may free what an earlier one left, so the least of them says little.
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum += await openMany(8000);
  return sum / rounds;
}

test("a connection in raw mode costs at most 300 bytes beside its wire", async () => {
  const events = { bytes() {}, peerEnded() {}, drained() {}, closed() {} };
  const bytes = await heapBytesOf((connection) => {
    connection.open(events);
  });
  assert.ok(bytes <= 300, `${bytes.toFixed(0)} bytes`);
});

test("a connection whose handler waits in `for await` costs at most 1,800 bytes, the handler included", async () => {
  const codec = lines();
  const handler = async (client: Connection<string>): Promise<void> => {
    for await (const line of client) await client.send(line);
  };
  const bytes = await heapBytesOf((connection) => {
    void handler(new Connection(connection, codec));
  });
  assert.ok(bytes <= 1800, `${bytes.toFixed(0)} bytes`);
});
