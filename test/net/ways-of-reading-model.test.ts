/**
 * One stream, read in a different way for each message: changed codecs, a layer inserted midway, cancelled reads, used-up
 * budgets, and rates. The model is the list of messages: each arrives once, complete and in order, for all chunks.
 *
 * A failure prints the seed that reproduces it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { chooseEngine, createMemoryEngine, type Engine } from "../../src/engine.ts";
import {
  lengthPrefixed,
  lines,
  netstring,
  type Connection,
  type Layer,
  type ReadOptions,
} from "../../src/index.ts";
import { turnOf } from "../../src/net/timing/turn.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { openPair } from "../../src/testing/connection-pair.ts";
import { nativeEngines } from "../support/native-engines.ts";
import { withoutDeadlines } from "../support/without-deadlines.ts";

const codecs = {
  line: lines(),
  netstring: netstring(),
  prefixed: lengthPrefixed({ prefix: "u16be" }),
};

/** Mixes each byte with a counter, so that a lost, duplicated or reordered byte changes all bytes after it. */
class Key {
  #at = 0;

  apply(bytes: Uint8Array): Uint8Array {
    return bytes.map((byte) => byte ^ (this.#at++ * 7 + 13));
  }
}

function keyLayer(): Layer {
  const key = new Key();
  return {
    open() {},
    receive: (chunk, deliver) => deliver(key.apply(chunk)),
    send: (data) => data,
    end: () => new Uint8Array(0),
  };
}

const part = fc.record({
  as: fc.constantFrom(
    "line" as const,
    "readLine" as const,
    "netstring" as const,
    "prefixed" as const,
    "exactly" as const,
    "until" as const,
    "layer" as const,
  ),
  size: fc.oneof({ weight: 6, arbitrary: fc.nat(12) }, { weight: 2, arbitrary: fc.nat(900) }),
  before: fc.constantFrom("nothing", "use up", "use up", "use up", "give up", "turn", "rate", "own time"),
});
type Part = typeof part extends fc.Arbitrary<infer Value> ? Value : never;

const plans = fc.record({
  parts: fc.array(part, { maxLength: 25 }),
  chunks: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.constant(3_000)), {
    minLength: 1,
    maxLength: 8,
  }),
  readBufferBytesMax: fc.constantFrom(1, 40, 1_000, 65_536),
  rate: fc.constantFrom(Infinity, 2_000, 20_000, 200_000),
  endsEarly: fc.boolean(),
});
type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;

/** Only letters, so that no codec finds its delimiter in it. */
function contentOf({ size }: Part, index: number): string {
  return String.fromCharCode(97 + (index % 26)).repeat(size);
}

function encode(one: Part, index: number): Uint8Array {
  const text = contentOf(one, index);
  switch (one.as) {
    case "line":
    case "readLine":
      return codecs.line.encode(text);
    case "netstring":
    case "prefixed":
      return codecs[one.as].encode(text);
    case "exactly":
      return Buffer.from(text);
    case "until":
      return Buffer.from(`${text}\0`);
    default:
      return new Uint8Array(0);
  }
}

function encodeAll(parts: readonly Part[]): Uint8Array {
  let key: Key | undefined;
  return Buffer.concat(
    parts.map((one, index) => {
      if (one.as === "layer") key ??= new Key();
      const bytes = encode(one, index);
      return key === undefined ? bytes : key.apply(bytes);
    }),
  );
}

function read(far: Connection, one: Part, options: ReadOptions): Promise<Uint8Array | string | null> {
  switch (one.as) {
    case "line":
      return far.useCodec(codecs.line).receive(options);
    case "netstring":
      return far.useCodec(codecs.netstring).receive(options);
    case "prefixed":
      return far.useCodec(codecs.prefixed).receive(options);
    case "readLine":
      return far.readLine(options);
    case "exactly":
      return far.readExactly(one.size, options);
    default:
      return far.readUntil("\0", options);
  }
}

async function play(engine: Engine, plan: Plan): Promise<void> {
  const clock = new FakeClock();
  const turn = turnOf(clock);
  const { readBufferBytesMax } = plan;
  await using pair = await openPair({ engine, server: { ...withoutDeadlines, clock, readBufferBytesMax } });
  const { client, far } = pair;
  const stream = encodeAll(plan.parts);
  far.limitRate({ receiveBytesPerSecond: plan.rate });

  const writing = (async () => {
    for (let at = 0, piece = 0; at < stream.length; piece++) {
      const size = plan.chunks[piece % plan.chunks.length] as number;
      // Some pieces at once, others in a later turn.
      const written = client.write(stream.slice(at, (at += size)));
      if (piece % 3 === 0) await nextTurn();
      await written;
    }
    await client.end();
  })();
  /** Its result, while time passes. */
  async function settled<T>(reading: Promise<T>): Promise<T> {
    let over = false;
    const settle = (): void => void (over = true);
    reading.then(settle, settle);
    while (!over) {
      await nextTurn();
      clock.advance(10);
    }
    return reading;
  }

  if (plan.endsEarly) for (let turns = 0; turns < 20; turns++) await settled(nextTurn());
  let layered = false;
  for (const [index, one] of plan.parts.entries()) {
    if (one.before === "use up") while (turn.hasRoomFor(16));
    if (one.before === "turn") await nextTurn();
    if (one.before === "rate") far.limitRate({ receiveBytesPerSecond: 20_000 + 1_000 * one.size });
    if (one.as === "layer") {
      if (!layered) far.useLayer(keyLayer());
      layered = true;
      continue;
    }
    const stop = new AbortController();
    let reading = read(far, one, one.before === "own time" ? { timeoutMs: 1e9 } : { signal: stop.signal });
    if (one.before === "give up") {
      stop.abort();
      const message = await reading.catch(() => undefined);
      // Settled before it was cancelled, or not at all.
      reading = message === undefined ? read(far, one, {}) : Promise.resolve(message);
    }
    const message = await settled(reading);
    const text = typeof message === "string" ? message : Buffer.from(message ?? []).toString();
    const content = contentOf(one, index);
    assert.notEqual(message, null, `part ${index} did not arrive`);
    assert.equal(text, one.as === "until" ? `${content}\0` : content, `part ${index}, ${one.as}`);
  }
  assert.equal(await settled(far.read()), null);
  await settled(writing);
  assert.equal(far.bytesReceived, stream.length);
}

const rows: readonly { name: string; create: () => Engine; skip?: string | undefined; runs: number }[] = [
  { name: "memory, byte by byte", create: () => createMemoryEngine({ chunkBytesMax: 1 }), runs: 60 },
  { name: "memory", create: () => createMemoryEngine({ chunkBytesMax: 1_500 }), runs: 100 },
  ...nativeEngines.map(({ name, whyNot }) => ({
    name,
    create: () => chooseEngine(name),
    skip: whyNot,
    runs: 60,
  })),
  { name: "portable", create: () => chooseEngine("portable"), runs: 60 },
];

describe("one stream read in many ways gives each message once, whole and in order", () => {
  for (const { name, create, skip, runs } of rows) {
    test(`on ${name}`, { skip, timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(plans, (plan) => play(create(), plan)),
        { numRuns: runs },
      );
    });
  }
});
