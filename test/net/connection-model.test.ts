/**
 * Two connected ends, and arbitrary operations on them in any order, checked against a model:
 *
 * - the received bytes are a prefix of those sent, and all of them if both ended in good order;
 * - each end closes once, for the reason that the model expects, and its counts add up;
 * - nothing is left: no connection, no timer, no unhandled rejection.
 *
 * In memory, bytes arrive in pieces of any size, and events of the two ends occur in any order. A failure
 * prints the seed that reproduces it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { chooseEngine, createMemoryEngine, type Engine } from "../../src/engine.ts";
import { connect, formatAddress, limits, serve, type Connection, type SocketEvent } from "../../src/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { nativeEngines } from "../support/native-engines.ts";
import { turnsUntil } from "../support/turns.ts";
import { withoutDeadlines } from "../support/without-deadlines.ts";

const side = fc.constantFrom("client" as const, "server" as const);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), side, bytes: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("write" as const), side, bytes: fc.nat(300_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("read" as const), side }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("settle" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("linger" as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;
const operations = fc.array(operation, { maxLength: 40 });

class End {
  readonly connection: Connection;
  readonly events: readonly SocketEvent[];
  readonly #chunks: Uint8Array[] = [];
  #reading = false;
  /** Bytes written while that was allowed. */
  written = 0;
  finished = false;
  closed = false;
  aborted = false;
  /** Which side finished first, as seen from here. */
  firstToEnd: "us" | "peer" | undefined;
  sawEnd = false;
  failure: unknown;

  constructor(connection: Connection, events: readonly SocketEvent[]) {
    this.connection = connection;
    this.events = events;
  }

  has(type: SocketEvent["type"]): number {
    return this.events.filter((event) => event.type === type).length;
  }

  write(bytes: number): void {
    const open = !this.finished && this.connection.closeInfo === undefined;
    const buffer = stream.slice(this.written, this.written + bytes);
    const result = this.connection.write(buffer);
    if (open) this.written += bytes;
    // As soon as a write has resolved, its buffer is reused.
    result.then(
      () => void buffer.fill(0xee),
      (error: unknown) => {
        assert.match(String(error), /^NetError: /);
        assert.ok(!open || this.connection.closeInfo !== undefined, "refused although it may write");
      },
    );
  }

  end(): void {
    this.#finish();
    void this.connection.end();
  }

  close(): void {
    this.#finish();
    if (this.connection.closeInfo === undefined) this.closed = true;
    void this.connection.close();
  }

  abort(): void {
    if (this.connection.closeInfo === undefined) this.aborted = true;
    this.finished = true;
    void this.connection.abort();
  }

  #finish(): void {
    this.firstToEnd ??= this.has("finReceived") > 0 ? "peer" : "us";
    this.finished = true;
  }

  /** Reads once, if no read is in progress. */
  async read(): Promise<void> {
    if (this.#reading || this.sawEnd || this.failure !== undefined) return;
    this.#reading = true;
    try {
      const chunk = await this.connection.read();
      if (chunk === null) this.sawEnd = true;
      else this.#chunks.push(chunk);
    } catch (error) {
      this.failure = error;
    }
    this.#reading = false;
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** What both ends send: pieces of one long pattern. */
const stream = new Uint8Array(13_000_000);
for (let index = 0; index < stream.length; index++) stream[index] = (index * 31 + (index >> 8)) % 256;

interface World {
  readonly engine: Engine;
  readonly clock?: FakeClock;
  readonly settle: () => Promise<void>;
}

async function run(world: World, steps: readonly Operation[]): Promise<void> {
  const { engine, clock, settle } = world;
  const events = { client: [] as SocketEvent[], server: [] as SocketEvent[] };
  let arrived!: (connection: Connection) => void;
  const arrival = new Promise<Connection>((resolve) => (arrived = resolve));
  const options = { ...withoutDeadlines, engine, clock, readBufferBytesMax: 2000 };
  const server = await serve(
    { ...options, onEvent: (event) => events.server.push(event) },
    async (connection) => {
      arrived(connection);
      await connection.closed;
    },
  );
  const client = new End(
    await connect(formatAddress(server.address), {
      ...options,
      onEvent: (event) => events.client.push(event),
    }),
    events.client,
  );
  const ends = { client, server: new End(await arrival, events.server) };
  let lingered = false;

  for (const step of steps) {
    if (step.do === "settle") {
      await settle();
    } else if (step.do === "linger") {
      if (clock === undefined) continue;
      await settle();
      lingered ||= client.closed || ends.server.closed;
      clock.advance(limits.lingerTimeoutMs.value);
      await settle();
    } else if (step.do === "write") {
      ends[step.side].write(step.bytes);
    } else if (step.do === "read") {
      void ends[step.side].read();
    } else {
      ends[step.side][step.do]();
    }
  }

  // Both ends finish now, if they have not, and read the rest.
  for (const end of Object.values(ends)) if (!end.finished) end.end();
  for (const end of Object.values(ends)) await readToTheEnd(end, settle);
  const endings = await Promise.all([client.connection.closed, ends.server.connection.closed]);
  for (const [index, [end, other]] of [
    [client, ends.server] as const,
    [ends.server, client] as const,
  ].entries()) {
    const closeInfo = endings[index] ?? assert.fail();
    const { received } = end;
    assert.ok(received.length <= other.written, "more came than was sent");
    assert.equal(
      Buffer.compare(received, stream.subarray(0, received.length)),
      0,
      "what came is what was sent",
    );
    assert.equal(closeInfo.bytesSent + closeInfo.bytesUnsent, end.written, "every byte is accounted for");
    assert.deepEqual([end.has("opened"), end.has("closed")], [1, 1]);
    const peaceful = !end.aborted && !other.aborted && !lingered;
    if (peaceful && !end.closed) {
      assert.equal(received.length, other.written, "everything came");
      assert.ok(end.sawEnd, "and then the end");
    }
    assert.ok(
      allowedHow(end, other, lingered, clock !== undefined).includes(closeInfo.how),
      `${closeInfo.how}: ${String(closeInfo.error)}`,
    );
    if (closeInfo.how === "fin" && end.firstToEnd !== undefined) assert.equal(closeInfo.by, end.firstToEnd);
    if (closeInfo.how === "reset") assert.equal(closeInfo.by, "peer");
    assert.equal(closeInfo.error === undefined, closeInfo.how === "fin");
  }
  await server.close({ drainMs: 0 });
  assert.equal(server.stats.connections, 0);
  await settle();
  if (clock !== undefined) assert.equal(clock.timers, 0, "a timer is left");
}

function allowedHow(end: End, other: End, lingered: boolean, exact: boolean): readonly string[] {
  if (end.aborted) return ["aborted"];
  if (other.aborted) {
    // Node reports a reset after data as an end once our own side has ended.
    const done = end.has("finSent") > 0 && (end.has("finReceived") > 0 || !exact);
    return done || lingered ? ["fin", "reset"] : ["reset"];
  }
  return lingered ? ["fin", "reset"] : ["fin"];
}

async function readToTheEnd(end: End, settle: () => Promise<void>): Promise<void> {
  await settle();
  await turnsUntil(() => {
    void end.read();
    return end.sawEnd || end.failure !== undefined;
  });
}

/** A network in which events that are ready at the same time occur in random order. */
function shuffledWorld(seed: number, capacityBytes: number, chunkBytesMax: number): World {
  const clock = new FakeClock();
  const tasks: (() => void)[] = [];
  let state = seed | 1;
  const engine = createMemoryEngine({
    clock,
    capacityBytes,
    chunkBytesMax,
    schedule(task) {
      tasks.push(task);
      setImmediate(() => {
        state = Math.imul(state, 1_103_515_245) + 12_345;
        const [chosen] = tasks.splice((state >>> 8) % tasks.length, 1);
        chosen?.();
      });
    },
  });
  return {
    engine,
    clock,
    async settle() {
      do await turn();
      while (tasks.length > 0);
    },
  };
}

test("in memory: whatever is done, in any order and any pieces, comes to what the model says", async () => {
  await fc.assert(
    fc.asyncProperty(
      operations,
      fc.nat(),
      fc.integer({ min: 500, max: 70_000 }),
      fc.integer({ min: 200, max: 70_000 }),
      (steps, seed, capacityBytes, chunkBytesMax) =>
        run(shuffledWorld(seed, capacityBytes, chunkBytesMax), steps),
    ),
    { numRuns: 300 },
  );
});

for (const { name, whyNot } of [{ name: "portable", whyNot: undefined } as const, ...nativeEngines]) {
  test(`over the ${name} engine it comes to the same`, { skip: whyNot }, async () => {
    const engine = chooseEngine(name);
    await fc.assert(
      fc.asyncProperty(operations, (steps) =>
        run(
          {
            engine,
            async settle() {
              for (let turns = 0; turns < 10; turns++) await turn();
            },
          },
          steps,
        ),
      ),
      { numRuns: 200 },
    );
  });
}
