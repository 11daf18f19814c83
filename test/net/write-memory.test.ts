/**
 * Who owns the memory of a write, and until when. Once a write has resolved, or a call that promises a copy has
 * returned, the writer overwrites its buffer. The peer must still receive what was written.
 *
 * The peer reads slowly, so that every queue fills: the kernel's, the wire's and the connection's.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import {
  bindUdp,
  connect,
  createTelnetSession,
  connectUdp,
  formatAddress,
  serve,
  type Connection,
  type Layer,
  type RawConnection,
} from "../../src/index.ts";
import { openPair, readAll } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";
import { turnsUntil } from "../support/turns.ts";

/** Overwrites bytes that the writer has back; it is never sent. */
const overwritten = 0xee;

/** The next bytes of an endless pattern without repetition nearby: no CR, nothing that telnet escapes. */
class Pattern {
  #state = 1;

  fill(buffer: Uint8Array): Uint8Array {
    for (let index = 0; index < buffer.length; index++) {
      this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
      buffer[index] = 14 + ((this.#state >>> 16) % 220);
    }
    return buffer;
  }
}

/** Reads to the end, with turns of the event loop in between; overwrites what it has read, which it owns. */
async function readSlowly(connection: Connection, turnsBetween = 1): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    for (let turns = 0; turns < turnsBetween; turns++) await turn();
    const chunk = await connection.read();
    if (chunk === null) return Buffer.concat(chunks);
    chunks.push(new Uint8Array(chunk));
    chunk.fill(overwritten);
  }
}

function assertSame(received: Uint8Array, sent: readonly Uint8Array[]): void {
  const expected = Buffer.concat(sent);
  let at = 0;
  while (at < expected.length && received[at] === expected[at]) at++;
  assert.equal(
    at,
    expected.length,
    `byte ${at} of ${expected.length} is ${received[at]}, not ${expected[at]}`,
  );
  assert.equal(received.length, expected.length);
}

/** Small, medium and large writes, some of them larger than the window that is passed to a wire. */
const sizes = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 600 }) },
    { weight: 4, arbitrary: fc.integer({ min: 601, max: 20_000 }) },
    { weight: 3, arbitrary: fc.integer({ min: 20_001, max: 120_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 700_000 }) },
  ),
  { minLength: 10, maxLength: 50 },
);

/** A layer that passes on the writer's memory. */
const transparent = (): Layer => ({
  open: () => undefined,
  receive: (chunk, deliver) => {
    deliver(chunk);
  },
  send: (data) => data,
  end: () => new Uint8Array(),
});

interface Way {
  /** Sends a part; resolves to whether it was sent or queued. The part is overwritten then. */
  readonly write: (client: Connection, part: Uint8Array) => Promise<boolean> | boolean;
  readonly prepare?: (client: Connection, far: Connection) => void;
  readonly numRuns?: number;
}

async function written(client: Connection, part: Uint8Array): Promise<boolean> {
  await client.write(part);
  return true;
}

describe("memory of a write", { timeout: 160_000 }, () => {
  forEachEngine((createEngine) => {
    /** Buffers so small that a few writes fill the kernel's, if the engine can set them. */
    const narrow = (): object => {
      const engine = createEngine();
      const can = engine.options.includes("sendBufferBytes") && engine.name !== "memory";
      return {
        client: can ? { sendBufferBytes: 4_608 } : {},
        server: { readBufferBytesMax: 4_096, ...(can && { receiveBufferBytes: 4_608 }) },
      };
    };

    /** Sends parts of any size in one way, all from one buffer. */
    const check = (t: TestContext, { write, prepare, numRuns = 6 }: Way): Promise<void> =>
      fc.assert(
        fc.asyncProperty(sizes, fc.nat(2), async (lengths, turnsBetween) => {
          const pair = await openPair(t, createEngine(), narrow());
          const { client, far } = pair;
          prepare?.(client, far);
          const reading = readSlowly(far, turnsBetween);
          const pattern = new Pattern();
          const buffer = new Uint8Array(700_000);
          const sent: Uint8Array[] = [];
          for (const length of lengths) {
            const part = pattern.fill(buffer.subarray(0, length));
            const copy = new Uint8Array(part);
            if (await write(client, part)) sent.push(copy);
            part.fill(overwritten);
          }
          await client.end();
          assertSame(await reading, sent);
          await pair.close();
        }),
        { numRuns },
      );

    test("one buffer serves for all awaited writes: what the peer receives is what was written", async (t) => {
      await check(t, { write: written });
    });

    test("so it does at a rate", async (t) => {
      const prepare = (client: Connection): void => {
        client.limitRate({ sendBytesPerSecond: 20_000_000 });
      };
      await check(t, { write: written, prepare, numRuns: 3 });
    });

    test("so it does above a layer, be it one that makes bytes of its own or not", async (t) => {
      const layers = (client: Connection, far: Connection): void => {
        client.useLayer(createTelnetSession({ role: "client" }));
        far.useLayer(createTelnetSession({ role: "server" }));
      };
      await check(t, { write: written, prepare: layers, numRuns: 3 });
      await check(t, {
        write: written,
        prepare: (client) => {
          client.useLayer(transparent());
        },
        numRuns: 3,
      });
    });

    test("trySend copies: the buffer is the sender's again as soon as it has returned", async (t) => {
      const write = async (client: Connection, part: Uint8Array): Promise<boolean> => {
        const sent = client.trySend(part);
        part.fill(overwritten);
        await turn();
        return sent;
      };
      await check(t, { write });
      await check(t, {
        write,
        prepare: (client) => {
          client.useLayer(transparent());
        },
        numRuns: 3,
      });
    });

    test("what was not awaited is the writer's again after flush", async (t) => {
      await check(t, {
        async write(client, part) {
          void client.write(part.subarray(0, part.length >> 1));
          void client.write(part.subarray(part.length >> 1));
          await client.flush();
          return true;
        },
      });
    });

    test("a buffer that is transferred before its write has resolved fails the connection, and nothing else", async (t) => {
      const pair = await openPair(t, createEngine());
      const { client, far } = pair;
      const first = client.write(new Uint8Array(16_777_216));
      const transferred = new Uint8Array(1_048_576);
      const second = client.write(transferred);
      structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
      const lost = { code: "ERR_BUFFER_DETACHED" };
      const read = readAll(far).catch((error: unknown) => error);
      await Promise.allSettled([first, assert.rejects(second, lost)]);
      await assert.rejects(second, lost);
      const { how, error, bytesSent, bytesUnsent } = await client.closed;
      assert.deepEqual([how, error?.code], ["failed", "ERR_BUFFER_DETACHED"]);
      assert.equal(bytesSent + bytesUnsent, 17_825_792);
      await read;
    });

    test("several writers at once have each their own buffer back when their write has resolved", async (t) => {
      const writer = fc.array(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(fc.array(writer, { minLength: 2, maxLength: 6 }), async (writers) => {
          const pair = await openPair(t, createEngine(), narrow());
          const { client, far } = pair;
          const reading = readSlowly(far);
          const pattern = new Pattern();
          const sent: Uint8Array[] = [];
          await Promise.all(
            writers.map(async (lengths) => {
              const buffer = new Uint8Array(120_000);
              for (const length of lengths) {
                const part = pattern.fill(buffer.subarray(0, length));
                // In the order of the calls.
                sent.push(new Uint8Array(part));
                await client.write(part);
                part.fill(overwritten);
              }
            }),
          );
          await client.end();
          assertSame(await reading, sent);
          await pair.close();
        }),
        { numRuns: 6 },
      );
    });

    test("a server that answers many clients at once from one buffer gives each its own bytes", async (t) => {
      const engine = createEngine();
      const server = await serve({ engine }, async (client) => {
        // Data written within one batch of the engine is sent together, at its end.
        const buffer = new Uint8Array(300_000);
        for await (const chunk of client) {
          buffer.set(chunk);
          await client.write(buffer.subarray(0, chunk.length));
          buffer.fill(overwritten);
        }
      });
      t.after(() => server.close({ drainMs: 0 }));
      const pattern = new Pattern();
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const client = await connect(formatAddress(server.address), { engine });
          const said = pattern.fill(new Uint8Array(index % 4 === 0 ? 300_000 : 100 + index));
          const reading = readSlowly(client, 0);
          for (let at = 0; at < said.length; at += 30_000) await client.write(said.subarray(at, at + 30_000));
          await client.end();
          assertSame(await reading, [said]);
          await client.close();
        }),
      );
    });

    test("raw mode: own bytes may change after true, and after false once drained is called", async (t) => {
      const engine = createEngine();
      let opened!: (connection: RawConnection) => void;
      const opening = new Promise<RawConnection>((resolve) => (opened = resolve));
      let drained: (() => void) | undefined;
      const { server: options } = narrow() as { server: object };
      const server = await serve(
        { engine, ...options },
        {
          opened: (connection) => {
            opened(connection);
          },
          bytes: () => undefined,
          drained: () => drained?.(),
        },
      );
      t.after(() => server.close({ drainMs: 0 }));
      const client = await connect(formatAddress(server.address), { engine });
      const raw = await opening;
      const reading = readSlowly(client);
      const pattern = new Pattern();
      const sent: Uint8Array[] = [];
      const buffer = new Uint8Array(120_000);
      for (let round = 0; round < 150; round++) {
        const part = pattern.fill(buffer.subarray(0, 1 + ((round * 7_919) % buffer.length)));
        sent.push(new Uint8Array(part));
        const draining = new Promise<void>((resolve) => (drained = resolve));
        if (!raw.write(part)) await draining;
        part.fill(overwritten);
      }
      raw.close();
      assertSame(await reading, sent);
      await client.close();
    });

    test("an observer may write the bytes that it receives to another connection with a full queue", async (t) => {
      const engine = createEngine();
      const sink = await openPair(t, engine, { server: { readBufferBytesMax: 1_000 } });
      const shown: Uint8Array[] = [];
      const { client, far } = await openPair(t, engine, {
        server: {
          onBytes: ({ type, bytes }) => {
            if (type !== "bytesReceived") return;
            shown.push(new Uint8Array(bytes));
            void sink.client.write(bytes);
          },
        },
      });
      const reading = readAll(far);
      const pattern = new Pattern();
      while (sink.client.pendingBytes < 300_000) {
        await client.write(pattern.fill(new Uint8Array(50_000)));
        await turn();
      }
      await client.end();
      await reading;
      void sink.client.end();
      assertSame(await readAll(sink.far), shown);
    });

    test("a datagram is the sender's again when its send has resolved", async (t) => {
      const engine = createEngine();
      const receiver = await bindUdp({ engine });
      const sender = await connectUdp(formatAddress(receiver.address), { engine });
      const stranger = await bindUdp({ engine });
      t.after(() => Promise.all([receiver, sender, stranger].map((socket) => socket.close())));
      const pattern = new Pattern();
      const buffer = new Uint8Array(9_000);
      const sent: string[] = [];
      const heard: string[] = [];
      const hearing = (async () => {
        while (heard.length < 400) {
          const datagram = await receiver.receive();
          if (datagram === null) return;
          heard.push(Buffer.from(datagram.bytes).toString("latin1"));
        }
      })();
      for (let count = 0; count < 200; count++) {
        for (const send of [
          (bytes: Uint8Array) => sender.send(bytes),
          (bytes: Uint8Array) => stranger.sendTo(bytes, receiver.address),
        ]) {
          const part = pattern.fill(buffer.subarray(0, 1 + ((count * 997) % buffer.length)));
          sent.push(Buffer.from(part).toString("latin1"));
          await send(part);
          part.fill(overwritten);
        }
        await turnsUntil(() => heard.length === sent.length);
      }
      await hearing;
      assert.deepEqual(heard.toSorted(), sent.toSorted());
    });
  });
});
