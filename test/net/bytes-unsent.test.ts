/**
 * Every byte of an accepted write is accounted for when the connection has closed, for any reason: the kernel has
 * accepted it (`bytesSent`), or not (`bytesUnsent`).
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Engine } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  limits,
  lines,
  serve,
  type Connection,
  type ConnectionOptions,
  type CloseInfo,
  type Server,
} from "../../src/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { forEachEngine } from "../support/engines.ts";
import { turnsUntil } from "../support/turns.ts";

interface Stuck {
  readonly server: Server;
  /** The server's end, which has written; its peer reads nothing. */
  readonly writer: Connection;
  readonly peer: Connection;
  /** The server's clock, so that no timeout fires before the test wants it. */
  readonly clock: FakeClock;
  /** Continues the server's handler: it throws the given error, or returns. */
  readonly leave: (thrown?: Error) => void;
  accepted: number;
}

/** Bytes that are unsent when the kernels no longer move any. */
async function pendingWhenStill(writer: Connection): Promise<number> {
  let same = 0;
  let pending = -1;
  await turnsUntil(() => {
    same = writer.pendingBytes === pending ? same + 1 : 0;
    pending = writer.pendingBytes;
    return same === 200;
  });
  return pending;
}

/** A server's connection that has written more than the kernel accepts, until nothing moves. */
async function stuck(t: TestContext, engine: Engine, options: ConnectionOptions = {}): Promise<Stuck> {
  let arrived!: (writer: Connection) => void;
  const arrival = new Promise<Connection>((resolve) => (arrived = resolve));
  let leave!: (thrown?: Error) => void;
  const left = new Promise<void>((resolve, reject) => {
    leave = (thrown) => {
      if (thrown === undefined) resolve();
      else reject(thrown);
    };
  });
  const clock = new FakeClock();
  const server = await serve({ engine, clock, ...options }, async (client) => {
    arrived(client);
    await left;
  });
  const peer = await connect(formatAddress(server.address), { engine, readBufferBytesMax: 1_000 });
  t.after(async () => {
    leave();
    await peer.abort();
    await server.close({ drainMs: 0 });
  });
  const writer = await arrival;
  let accepted = 0;
  for (const size of [9_000_000, 1, 70_000, 300_000, 5]) {
    writer.write(new Uint8Array(size)).catch(() => undefined);
    accepted += size;
  }
  // The peer receives what it buffers without a reader; the kernels move the rest as far as possible.
  assert.ok((await pendingWhenStill(writer)) > 0, "the kernel has taken everything");
  return { server, writer, peer, clock, leave, accepted };
}

/** Lets time pass without progress. The first check still sees progress since the wire became full. */
function stall(clock: FakeClock): void {
  for (let times = 0; times < 2; times++) clock.advance(limits.writeStallTimeoutMs.value);
}

/** Ways in which a connection closes while bytes are unsent, each with the `how` of its close info. */
const ways: readonly {
  readonly name: string;
  readonly how: CloseInfo["how"];
  readonly options?: ConnectionOptions;
  /** What has to move before the count. */
  readonly prepare?: (state: Stuck) => Promise<void>;
  readonly end: (stuck: Stuck) => unknown;
}[] = [
  { name: "our abort", how: "aborted", end: ({ writer }) => writer.abort() },
  { name: "the peer's reset", how: "reset", end: ({ peer }) => peer.abort() },
  {
    name: "a stall",
    how: "timeout",
    end: ({ clock }) => {
      stall(clock);
    },
  },
  {
    name: "our close, and then a stall",
    how: "timeout",
    end: ({ writer, clock }) => {
      void writer.close();
      stall(clock);
    },
  },
  {
    name: "our end, and then the peer's reset",
    how: "reset",
    end: ({ writer, peer }) => {
      void writer.end();
      return peer.abort();
    },
  },
  {
    name: "a handler that fails",
    how: "failed",
    end: ({ leave }) => {
      leave(new Error("failed on purpose"));
    },
  },
  { name: "the end of the drain", how: "aborted", end: ({ server }) => server.close({ drainMs: 0 }) },
  {
    name: "a full queue of trySend",
    how: "limit",
    end: ({ writer }) => writer.trySend(new Uint8Array(10), { policy: "disconnect", queueBytesMax: 1 }),
  },
  {
    name: "silence of the peer",
    how: "timeout",
    options: { firstByteTimeoutMs: 100 },
    end: ({ writer, clock }) => {
      const reading = writer.read().catch(() => undefined);
      clock.advance(100);
      return reading;
    },
  },
  {
    name: "a message that is too long",
    how: "limit",
    // Data from the peer may announce a larger receive window.
    prepare: async ({ writer, peer }) => {
      const { bytesReceived } = writer;
      await peer.write("longer than three\n");
      await turnsUntil(() => writer.bytesReceived > bytesReceived);
    },
    end: async ({ writer, leave, clock }) => {
      const reading = writer.useCodec(lines({ lineBytesMax: 3 })).receive();
      await reading.catch((error: unknown) => {
        leave(error as Error);
      });
      // It closes in good order while the peer still sends.
      await turn();
      stall(clock);
    },
  },
];

describe("bytesSent and bytesUnsent", { timeout: 120_000 }, () => {
  forEachEngine((createEngine) => {
    for (const { name, how, options, prepare, end } of ways) {
      test(`account for every byte after ${name}`, async (t) => {
        const state = await stuck(t, createEngine(), options);
        const { writer } = state;
        await prepare?.(state);
        const pending = await pendingWhenStill(writer);
        const closeInfo = writer.closed;
        void end(state);
        const { bytesSent, bytesUnsent, ...rest } = await closeInfo;
        assert.equal(rest.how, how, String(rest.error));
        assert.equal(bytesSent + bytesUnsent, state.accepted);
        assert.equal(bytesUnsent, pending, "nothing moved after that");
        assert.equal(writer.pendingBytes, pending, "and so it stays");
      });
    }

    test("account for every byte at a rate", async (t) => {
      const state = await stuck(t, createEngine());
      state.writer.limitRate({ sendBytesPerSecond: 1_000 });
      await turn();
      const pending = state.writer.pendingBytes;
      const { bytesSent, bytesUnsent } = await state.writer.abort();
      assert.deepEqual([bytesSent + bytesUnsent, bytesUnsent], [state.accepted, pending]);
    });

    test("count nothing that was refused", async (t) => {
      const state = await stuck(t, createEngine(), { writeQueueBytesMax: 20_000_000 });
      await assert.rejects(state.writer.write(new Uint8Array(20_000_000)), { code: "ERR_WRITE_QUEUE_FULL" });
      void state.writer.end();
      await assert.rejects(state.writer.write("x"), { code: "ERR_CLOSED" });
      assert.equal(state.writer.trySend(new Uint8Array(1)), false);
      const { bytesSent, bytesUnsent } = await state.writer.abort();
      assert.equal(bytesSent + bytesUnsent, state.accepted);
    });
  });
});
