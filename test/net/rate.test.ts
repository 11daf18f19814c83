/** `limitRate`: a connection that sends or receives no faster than its limit. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import { createMemoryEngine } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  serve,
  type CloseInfo,
  type RateLimits,
  type RawConnection,
} from "../../src/index.ts";
import { openPair, readAll } from "../support/connection-pair.ts";
import { start } from "../support/command.ts";
import { forEachEngine } from "../support/engines.ts";
import { watchEngine } from "../support/watched-engine.ts";
import { turnsUntil } from "../support/turns.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";

/** Both ends of one connection on a fake clock; `far` records what it receives. */
async function openSlow(t: Parameters<typeof openPair>[0]) {
  const network = simulateNetwork();
  const options = { clock: network.clock };
  const pair = await openPair(t, network.engine, { client: options, server: options });
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of pair.far) chunks.push(new Uint8Array(chunk));
  })().catch(() => undefined);
  return { ...pair, network, reading, received: () => Buffer.from(concatBytes(chunks)).toString() };
}

const text = "twenty bytes of text";

describe("sendBytesPerSecond", () => {
  test("sends byte by byte where the rate is that low", async (t) => {
    const { client, network, received } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 10 });
    void client.write(text);
    for (const count of [1, 2, 3, 4]) {
      await network.settle();
      assert.equal(received(), text.slice(0, count));
      await network.pass(100);
    }
  });

  test("keeps a large transfer to its rate, to within what may go at once", async (t) => {
    const { client, network, received } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 10_000 });
    void client.write("x".repeat(50_000));
    await network.pass(2_000);
    assert.ok(Math.abs(received().length - 20_000) <= 1_000, String(received().length));
    await network.pass(3_000);
    assert.equal(received().length, 50_000);
  });

  test("makes an awaited writer wait, and flush resolve when the last byte is sent", async (t) => {
    const { client, network } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 100_000 });
    const resolved: string[] = [];
    void client.write(new Uint8Array(100_000)).then(() => resolved.push("write"));
    void client.flush().then(() => resolved.push("flush"));
    await network.pass(300);
    assert.deepEqual(resolved, []);
    await network.pass(100);
    assert.deepEqual(resolved, ["write"]);
    await network.pass(700);
    assert.deepEqual(resolved, ["write", "flush"]);
  });

  test("sends FIN behind the last slow byte, and takes no deadline for a stall", async (t) => {
    const { client, far, network, reading, received } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 0.25 });
    void client.write("slow");
    const closing = client.close();
    // Longer than writeStallTimeoutMs in total; the far side receives a byte every 4 s.
    await network.pass(16_000);
    await reading;
    assert.equal(received(), "slow");
    await far.close();
    await network.settle();
    const { how, bytesSent } = await closing;
    assert.deepEqual({ how, bytesSent }, { how: "fin", bytesSent: 4 });
  });

  test("is lifted by Infinity: what waits goes at once", async (t) => {
    const { client, network, received } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 1 });
    void client.write(text);
    await network.settle();
    assert.equal(received(), "t");
    client.limitRate({ sendBytesPerSecond: Infinity });
    await network.settle();
    assert.equal(received(), text);
    assert.equal(client.pendingBytes, 0);
  });

  test("leaves nothing behind when the connection is cut", async (t) => {
    const { client, network, far } = await openSlow(t);
    client.limitRate({ sendBytesPerSecond: 1, receiveBytesPerSecond: 1 });
    void client.write(text);
    void far.write(text);
    await network.settle();
    const closing = client.abort();
    await network.settle();
    const { bytesSent, bytesUnsent } = await closing;
    assert.deepEqual({ bytesSent, bytesUnsent }, { bytesSent: 1, bytesUnsent: text.length - 1 });
    await far.abort();
    await network.settle();
    assert.equal(network.clock.timers, 0);
  });
});

describe("receiveBytesPerSecond", () => {
  test("lets through byte by byte, then the FIN behind them", async (t) => {
    const { client, far, network, received, reading } = await openSlow(t);
    far.limitRate({ receiveBytesPerSecond: 10 });
    await client.write(text);
    await client.end();
    let ended = false;
    void reading.then(() => (ended = true));
    for (const count of [1, 2, 3]) {
      await network.settle();
      assert.equal(received(), text.slice(0, count));
      assert.equal(far.bytesReceived, count);
      await network.pass(100);
    }
    await network.pass(1_599);
    assert.equal(ended, false);
    await network.pass(1);
    assert.equal(received(), text);
    assert.equal(ended, true);
  });

  test("makes a sender of too much wait, with its own kernel and in its own queue", async (t) => {
    const { client, far, network } = await openSlow(t);
    far.limitRate({ receiveBytesPerSecond: 1_000 });
    let sent = false;
    const writing = client.write(new Uint8Array(500_000)).then(
      () => (sent = true),
      () => undefined,
    );
    await network.pass(10_000);
    assert.equal(sent, false);
    assert.ok(client.pendingBytes > 300_000, String(client.pendingBytes));
    await client.abort();
    await writing;
  });

  test("does not blame the peer's silence on what is held back from us", async (t) => {
    const { client, far, network, received } = await openSlow(t);
    far.limitRate({ receiveBytesPerSecond: 0.01 });
    await client.write("ab");
    // The second byte may come 100 s after the first; the idle timeout of a server is 60 s.
    await network.pass(100_000);
    assert.equal(received(), "ab");
    assert.equal(far.closeInfo, undefined);
  });

  test("is lifted by Infinity: what is held comes at once", async (t) => {
    const { client, far, network, received, reading } = await openSlow(t);
    far.limitRate({ receiveBytesPerSecond: 1 });
    await client.write(text);
    await network.settle();
    assert.equal(received(), "t");
    far.limitRate({ receiveBytesPerSecond: Infinity });
    await client.end();
    await network.settle();
    await reading;
    assert.equal(received(), text);
  });

  test("counts what is held when our side closes, and waits for it no longer", async (t) => {
    const { client, far, network } = await openSlow(t);
    client.limitRate({ receiveBytesPerSecond: 1 });
    await far.write(text);
    await network.settle();
    const closing = client.close();
    await network.settle();
    await far.close();
    await network.settle();
    const { how, bytesReceived } = await closing;
    assert.deepEqual({ how, bytesReceived }, { how: "fin", bytesReceived: text.length });
  });
});

describe("limitRate", () => {
  test("refuses what is no rate", async (t) => {
    const { client } = await openSlow(t);
    for (const wrong of [0, -1, Number.NaN, "10"]) {
      for (const name of ["sendBytesPerSecond", "receiveBytesPerSecond"]) {
        const limits = { [name]: wrong } as RateLimits;
        assert.throws(
          () => {
            client.limitRate(limits);
          },
          {
            name: "TypeError",
            message: `${name}: ${typeof wrong === "string" ? JSON.stringify(wrong) : wrong} is not a number of bytes above 0, or Infinity`,
          },
        );
      }
    }
  });

  test("slows a raw handler: drained is called when everything is sent, and not before", async (t) => {
    const network = simulateNetwork();
    const { clock, engine } = network;
    const pending: number[] = [];
    const server = await serve(
      { engine, clock },
      {
        opened(connection) {
          connection.limitRate({ sendBytesPerSecond: 10 });
          assert.equal(connection.write(text), false);
        },
        bytes: () => undefined,
        drained: (connection) => void pending.push(connection.pendingBytes),
      },
    );
    const client = await connect(formatAddress(server.address), { engine, clock });
    t.after(() => server.close({ drainMs: 0 }));
    await network.pass(1_800);
    assert.deepEqual(pending, []);
    await network.pass(200);
    assert.deepEqual(pending, [0]);
    assert.equal(String(Buffer.from((await client.readExactly(20)) ?? [])), text);
  });
});

forEachEngine((createEngine) => {
  test("loses no byte at any rate, both ways at once", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const bytes = Buffer.alloc(300_000, "abcdefghijklmnopqrstuvwxyz");
    client.limitRate({ sendBytesPerSecond: 1_500_000, receiveBytesPerSecond: 1_500_000 });
    far.limitRate({ receiveBytesPerSecond: 2_000_000 });
    const [there, back] = await Promise.all([
      readAll(far),
      readAll(client),
      client.write(bytes).then(() => client.end()),
      far.write(bytes).then(() => far.end()),
    ]);
    assert.ok(there.equals(bytes));
    assert.ok(back.equals(bytes));
  });

  test("hands over what was held when the peer has reset, to a handler that can answer no more", async (t) => {
    const watched = watchEngine(createEngine());
    let heard = 0;
    const taken: boolean[] = [];
    let tellOver!: (closeInfo: CloseInfo) => void;
    const over = new Promise<CloseInfo>((resolve) => (tellOver = resolve));
    const server = await serve(
      { port: 0, engine: watched.engine },
      {
        opened: (client) => client.limitRate({ receiveBytesPerSecond: 10 }),
        bytes(client, view) {
          heard += view.length;
          taken.push(client.write(view));
        },
        closed: (_, closeInfo) => tellOver(closeInfo),
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const client = await connect(formatAddress(server.address), { engine: watched.engine });
    await client.write(new Uint8Array(1_000));
    await client.readExactly(1);
    await client.abort();
    const { how, bytesSent, bytesUnsent } = await over;
    assert.equal(how, "reset");
    assert.equal(heard, 1_000);
    assert.equal(taken.at(-1), false);
    assert.equal(bytesSent + bytesUnsent, 1_000, "every byte that was written is accounted for");
    assert.deepEqual(watched.faults, []);
  });
});

test("keeps the process alive for what is held back, though nothing is being read", async (t) => {
  // More has arrived than Node reads at once, so it stops reading; nothing else is open.
  const server = await serve({ port: 0 }, async (client) => {
    await client.write(new Uint8Array(400_000));
  });
  t.after(() => server.close({ drainMs: 0 }));
  const program = `
    import { connect } from "portcall";
    const connection = await connect(process.argv[1]);
    connection.limitRate({ receiveBytesPerSecond: 2_000_000 });
    let count = 0;
    for await (const chunk of connection) count += chunk.length;
    console.log(count);
  `;
  const child = start(t, process.execPath, [
    "--input-type=module",
    "--eval",
    program,
    formatAddress(server.address),
  ]);
  assert.equal(await child.code(), 0);
  assert.equal(child.stdout, "400000\n");
});

test("a raw handler that lifts the rate of one connection may hand its own view to another", async (t) => {
  // A view of this engine is overwritten as soon as the call returns.
  const engine = createMemoryEngine({ capacityBytes: 10 });
  const connections: RawConnection[] = [];
  const server = await serve(
    { engine, port: 7 },
    {
      opened(connection) {
        connections.push(connection);
        if (connections.length === 1) connection.limitRate({ receiveBytesPerSecond: 1 });
      },
      bytes(connection, view) {
        if (connection !== connections[1]) return;
        connections[0]?.limitRate({ receiveBytesPerSecond: Infinity });
        connection.write("fills the wire, ");
        connection.write(view);
      },
    },
  );
  t.after(() => server.close({ drainMs: 0 }));
  const held = await connect(formatAddress(server.address), { engine });
  await held.write("held back");
  await turnsUntil(() => connections[0]?.bytesReceived === 1);
  const asking = await connect(formatAddress(server.address), { engine });
  await asking.write("question");
  const answer = await asking.readExactly(24);
  assert.equal(Buffer.from(answer ?? []).toString(), "fills the wire, question");
});
