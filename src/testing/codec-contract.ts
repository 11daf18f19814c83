/**
 * The contract of every codec, as tests: for the codecs of the library and for your own.
 *
 * You describe how the codec behaves and which bytes are special to it. The tests work with any test
 * runner.
 */
import { checkOptions, type OptionCheck, type OptionChecks } from "../base/option-checks.ts";
import {
  byteArray,
  callback,
  codec as checkCodec,
  oneOf,
  record,
  shown,
  text,
  wholeNumber,
} from "../base/arguments.ts";
import assert from "node:assert/strict";
import { ByteQueue } from "../base/byte-queue.ts";
import { concatBytes } from "../base/bytes.ts";
import { CodecError, type Codec } from "../codec/index.ts";
import { forAny, type RandomSource } from "./prng.ts";
import { cutAt, decodeAll, everyCut, everySplit, singleBytes } from "./cuts.ts";

/** One codec, and its properties that the tests need. */
export interface CodecContract<Message> {
  /** The codec that is tested. */
  readonly codec: Codec<Message>;
  /** Three or more messages, including the shortest one that can be sent. */
  readonly messages: readonly Message[];
  /** The result for a message that the end of the stream cuts off; `depends` skips the check. */
  readonly cutShort: "is a message" | "is an error" | "depends";
  /** Any number of further messages, the more unusual the better; generated ones are fine. */
  readonly samples?: readonly Message[] | undefined;
  /** Bytes that are special to the format; random streams use them often. */
  readonly telling?: readonly number[] | undefined;
  /** Streams of at most 12 bytes, to be split in all 2^(n-1) ways. */
  readonly streams?: readonly Uint8Array[] | undefined;
  /**
   * For codecs with a limit: the longest allowed message, and one a byte longer.
   *
   * - `codec`: a codec with a small limit.
   * - `option`: the option that sets the limit, as the error names it.
   * - `bytesMax`: the limit.
   * - `framingBytes`: framing bytes that may be buffered in addition to a message.
   * - `exactly`: one complete encoded message with a length of exactly the limit.
   * - `oneMore`: one with a byte more.
   */
  readonly limit?:
    | {
        readonly codec: Codec<Message>;
        readonly option: string;
        readonly bytesMax: number;
        readonly framingBytes: number;
        readonly exactly: Uint8Array;
        readonly oneMore: Uint8Array;
      }
    | undefined;
  /** Streams that are not the beginning of any message. */
  readonly invalid?: readonly Uint8Array[] | undefined;
  /** For a codec without framing, whose messages depend on the chunks: what does not depend on them. */
  readonly sameForEveryCut?: ((messages: readonly Message[]) => unknown) | undefined;
  /** How many random streams each random test tries. Default: 300. */
  readonly runs?: number | undefined;
  /** The seed of the random tests. Default: a new one each time. A failing test names its seed. */
  readonly seed?: number | undefined;
}

/** The function that declares a test: `test` of node:test, Vitest, Jest, … */
export type DeclareTest = (name: string, run: () => void) => unknown;

const cutShorts = ["is a message", "is an error", "depends"] as const;

const contractChecks: OptionChecks<CodecContract<never>> = {
  codec: true,
  messages: true,
  cutShort: true,
  samples: list,
  telling: list,
  streams: list,
  limit: checkLimit,
  invalid: list,
  sameForEveryCut: callback,
  runs: (name, value) => wholeNumber(name, value, 1),
  seed: (name, value) => wholeNumber(name, value, 0),
};

type ContractLimit = NonNullable<CodecContract<never>["limit"]>;

function checkLimit(name: string, value: unknown): void {
  const checks: Readonly<Record<keyof ContractLimit, OptionCheck>> = {
    codec: checkCodec,
    option: text,
    bytesMax: (part, number) => wholeNumber(part, number, 0),
    framingBytes: (part, number) => wholeNumber(part, number, 0),
    exactly: byteArray,
    oneMore: byteArray,
  };
  const limit = record(name, value) as ContractLimit;
  checkOptions(name, limit, checks);
  // All parts are required.
  for (const [part, check] of Object.entries(checks))
    check(`${name}.${part}`, limit[part as keyof ContractLimit]);
}

function list(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`${name}: ${shown(value)} is not a list`);
}

/**
 * Declares the tests of one codec.
 *
 * @throws {TypeError} for a contract with too few messages, or a stream too long to be split in every way.
 * @example
 * import { test } from "node:test";
 * testCodec({ codec: netstring(), messages: ["", "one", "a,b"], cutShort: "is an error" }, test);
 */
export function testCodec<Message>(contract: CodecContract<Message>, test: DeclareTest): void {
  checkOptions("testCodec", contract, contractChecks);
  callback("testCodec: test", test);
  const { codec, messages, samples = [], telling = [], streams = [], limit, runs = 300 } = contract;
  checkCodec("codec", codec);
  list("messages", messages);
  oneOf("cutShort", contract.cutShort, cutShorts);
  if (messages.length < 3) throw new TypeError("messages: three or more are needed");
  if (streams.some(({ length }) => length > 12)) {
    throw new TypeError("streams: one is longer than 12 bytes, too long to be cut in every way");
  }
  const framed = contract.sameForEveryCut === undefined;
  const content = contract.sameForEveryCut ?? asTheyAre;
  const encoded = messages.map((message) => codec.encode(message));
  const wire = concatBytes(encoded);
  const codecs = limit === undefined ? [codec] : [codec, limit.codec];
  const { seed = Math.floor(Math.random() * 2 ** 31) } = contract;

  function outcome(bytes: readonly Uint8Array[], of: Codec<Message> = codec): unknown {
    const heldBytesMax = of === limit?.codec ? limit.bytesMax + limit.framingBytes : Infinity;
    const { received, error } = decodeAll(of, bytes, heldBytesMax);
    return { content: content(received), error };
  }
  const anyMessages = (prng: RandomSource): Message[] =>
    prng.some(6, () => prng.oneOf([...messages, ...samples]));
  const pieces = limit === undefined ? encoded : [...encoded, limit.exactly, limit.oneMore];
  const special = [...telling, 0];
  const anyPiece = (prng: RandomSource): Uint8Array => {
    const kind = prng.upTo(8);
    if (kind === 0) return prng.oneOf(pieces);
    return Uint8Array.of(kind > 4 ? prng.oneOf(special) : prng.upTo(255));
  };
  const anyStream = (prng: RandomSource): Uint8Array => concatBytes(prng.some(40, () => anyPiece(prng)));
  const anyCuts = (prng: RandomSource): number[] => prng.some(12, () => prng.upTo(200));

  test("gives back each message that was encoded", () => {
    for (const message of messages) {
      assert.deepEqual(outcome([codec.encode(message)]), { content: content([message]), error: undefined });
    }
  });

  test("gives back many messages from one chunk", () => {
    assert.deepEqual(outcome([wire]), { content: content(messages), error: undefined });
  });

  test("delivers messages split at any byte", () => {
    for (const chunks of everySplit(wire)) assert.deepEqual(outcome(chunks), outcome([wire]));
    assert.deepEqual(outcome(singleBytes(wire)), outcome([wire]));
  });

  test("gives back any messages under any cut", () => {
    forAny(seed, runs, (prng) => {
      const sent = anyMessages(prng);
      const stream = concatBytes(sent.map((message) => codec.encode(message)));
      const chunks = cutAt(stream, anyCuts(prng));
      sameUnderCut(chunks, outcome(chunks), { content: content(sent), error: undefined });
    });
  });

  test("decodes any bytes alike under any cut, errors too", () => {
    forAny(seed, runs, (prng) => {
      const stream = anyStream(prng);
      const chunks = cutAt(stream, anyCuts(prng));
      for (const each of codecs) {
        sameUnderCut(chunks, outcome(chunks, each), outcome([stream], each));
      }
    });
  });

  test("decodes short streams alike under every cut there is", () => {
    for (const stream of streams) {
      for (const each of codecs) {
        const whole = outcome([stream], each);
        for (const chunks of everyCut(stream)) {
          sameUnderCut(chunks, outcome(chunks, each), whole);
        }
      }
    }
  });

  test("ends cleanly where nothing was begun", () => {
    assert.deepEqual(decodeAll(codec, []), { received: [], error: undefined });
  });

  test(`when cut short at any byte, delivers what was whole; the rest ${contract.cutShort}`, () => {
    const borders = [0];
    for (const message of messages) borders.push((borders.at(-1) ?? 0) + codec.encode(message).length);
    for (let end = 0; end <= wire.length; end++) {
      const { received, error } = decodeAll(codec, [wire.subarray(0, end)]);
      const atBorder = borders.includes(end);
      const whole = borders.filter((border) => border <= end).length - 1;
      const isError = !atBorder && contract.cutShort === "is an error";
      if (framed) assert.deepEqual(received.slice(0, whole), messages.slice(0, whole));
      if (contract.cutShort === "depends") continue;
      assert.equal(error?.kind, isError ? "truncated" : undefined, `cut at ${end}`);
      if (!framed) continue;
      assert.equal(received.length, whole + (atBorder || isError ? 0 : 1), `cut at ${end}`);
    }
  });

  test("keeps the decoders of two connections apart", () => {
    const [one, other] = [codec.decoder(), codec.decoder()];
    const [half, stream] = [new ByteQueue(), new ByteQueue()];
    half.push(wire.subarray(0, wire.length - 1));
    while (one.decode(half) !== undefined);
    stream.push(wire);
    const received: Message[] = [];
    for (let next = other.decode(stream); next !== undefined; next = other.decode(stream))
      received.push(next);
    assert.deepEqual(content(received), content(messages));
  });

  if (codec.decoder().ownsMessages === true) {
    test("holds no view of the bytes in a message, as it says", () => {
      const reused = new Uint8Array(wire);
      const queue = new ByteQueue();
      const decoder = codec.decoder();
      queue.push(reused);
      const received: Message[] = [];
      for (let next = decoder.decode(queue); next !== undefined; next = decoder.decode(queue))
        received.push(next);
      const before = decodeAll(codec, [wire]).received.slice(0, received.length);
      reused.fill(0x78);
      assert.deepEqual(received, before);
    });
  }

  if (framed) testFraming(contract, test);
  if (limit !== undefined) testLimit(contract, limit, test);

  for (const stream of contract.invalid ?? []) {
    test(`refuses ${hexOf(stream)} as invalid, however it is cut`, () => {
      for (const chunks of everyCut(stream)) assert.equal(decodeAll(codec, chunks).error?.kind, "invalid");
      staysFailed(codec, stream);
    });
  }
}

function testFraming<Message>({ codec, messages }: CodecContract<Message>, test: DeclareTest): void {
  test("takes nothing before a message is whole", () => {
    for (const message of messages) {
      const bytes = codec.encode(message);
      const queue = new ByteQueue();
      const decoder = codec.decoder();
      for (let length = 1; length < bytes.length; length++) {
        queue.push(bytes.subarray(length - 1, length));
        assert.equal(decoder.decode(queue), undefined);
        assert.equal(queue.length, length);
      }
    }
  });

  test("leaves the bytes after a message for the next reader", () => {
    const behind = Uint8Array.from([0x0d, 0x0a, 0x00, 0xff, 0x61]);
    for (const message of messages) {
      for (const chunks of everySplit(concatBytes([codec.encode(message), behind]))) {
        const queue = new ByteQueue();
        const decoder = codec.decoder();
        let received: Message | undefined;
        for (const chunk of chunks) {
          queue.push(chunk);
          received ??= decoder.decode(queue);
        }
        assert.deepEqual(received, message);
        assert.deepEqual(queue.takeAll(), behind);
      }
    }
  });

  test("goes on from wherever another reader has left off", () => {
    const [first, second] = [messages[1], messages[2]] as [Message, Message];
    const bytes = codec.encode(first);
    for (let begun = 0; begun < bytes.length; begun++) {
      const queue = new ByteQueue();
      const decoder = codec.decoder();
      queue.push(bytes.subarray(0, begun));
      assert.equal(decoder.decode(queue), undefined);
      queue.skip(begun);
      queue.push(codec.encode(second));
      assert.deepEqual(decoder.decode(queue), second);
      assert.equal(decoder.decode(queue), undefined);
    }
  });
}

function testLimit<Message>(
  { codec: unlimited, messages, sameForEveryCut: content = asTheyAre }: CodecContract<Message>,
  { codec, option, bytesMax, framingBytes, exactly, oneMore }: NonNullable<CodecContract<Message>["limit"]>,
  test: DeclareTest,
): void {
  test("lets a message of just the limit pass, however it is cut", () => {
    for (const chunks of cutsOf(exactly)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.equal(error, undefined);
      assert.equal(received.length, 1);
    }
  });

  test("fails at one byte more, however it is cut, and stays failed", () => {
    for (const chunks of cutsOf(oneMore)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.deepEqual(received, []);
      assert.equal(error?.kind, "too-long");
      assert.equal(error.option, option);
    }
    staysFailed(codec, oneMore);
  });

  test("delivers the messages before the one that is too long", () => {
    const sent = messages.filter((message) => unlimited.encode(message).length <= bytesMax);
    assert.ok(sent.length > 0, "the row has no message below its limit");
    const stream = concatBytes([...sent.map((message) => codec.encode(message)), oneMore]);
    for (const chunks of everySplit(stream)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.deepEqual(content(received), content(sent));
      assert.equal(error?.kind, "too-long");
    }
  });

  test("never holds more than the limit and its framing", () => {
    for (const stream of [exactly, oneMore]) {
      const queue = new ByteQueue();
      const decoder = codec.decoder();
      try {
        for (const byte of singleBytes(stream)) {
          queue.push(byte);
          decoder.decode(queue);
          assert.ok(queue.length <= bytesMax + framingBytes, `${queue.length} bytes are held`);
        }
      } catch (error) {
        assert.ok(error instanceof CodecError, String(error));
        assert.ok(queue.length <= bytesMax + framingBytes + 1, `${queue.length} bytes were held`);
      }
    }
  });
}

function asTheyAre(messages: readonly unknown[]): unknown {
  return messages;
}

/** Every split of a short stream, and selected ones of a long one. */
function cutsOf(bytes: Uint8Array): Iterable<Uint8Array[]> {
  return bytes.length <= 12 ? everyCut(bytes) : [[bytes], singleBytes(bytes), ...everySplit(bytes)];
}

/** Checks that a decoder that has failed fails again, with or without further bytes. */
function staysFailed(codec: Codec<unknown>, stream: Uint8Array): void {
  const queue = new ByteQueue();
  const decoder = codec.decoder();
  queue.push(stream);
  let kind: string | undefined;
  const fails = (error: unknown): boolean => {
    assert.ok(error instanceof CodecError);
    kind ??= error.kind;
    assert.equal(error.kind, kind);
    return true;
  };
  assert.throws(() => decoder.decode(queue), fails);
  assert.throws(() => decoder.decode(queue), fails);
  for (const byte of [0x0d, 0x0a, 0x00]) {
    queue.push(Uint8Array.of(byte));
    assert.throws(() => decoder.decode(queue), fails);
  }
}

/** Compares decoded results; an error begins with the chunks of the stream. */
function sameUnderCut(chunks: readonly Uint8Array[], actual: unknown, expected: unknown): void {
  try {
    assert.deepEqual(actual, expected);
  } catch (error) {
    throw new Error(`cut as ${chunks.map(hexOf).join(" | ")}: ${(error as Error).message}`, { cause: error });
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
