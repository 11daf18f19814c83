/**
 * What every codec promises, as tests: each codec enters by one row in codec.test.ts.
 *
 * A row says how the framing behaves and which bytes mean something to it; the
 * tests here know no framing. What is special about one codec is tested in
 * test/codec/.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { concatBytes } from "../../src/base/bytes.ts";
import { CodecError, type Codec } from "../../src/codec/index.ts";
import { cutAt, decodeAll, everyCut, everySplit, singleBytes } from "../codec/segments.ts";

/** One codec, and what the suite must know of it. */
export interface CodecRow<Message> {
  readonly name: string;
  readonly codec: Codec<Message>;
  /** Three or more messages, the shortest that can be sent among them. */
  readonly messages: readonly Message[];
  /** Any message that can be sent. */
  readonly anyMessage: fc.Arbitrary<Message>;
  /** Bytes that mean something to the framing; streams at random are rich in them. */
  readonly telling: readonly number[];
  /** Streams of at most 12 bytes, cut in all of their 2^(n-1) ways. */
  readonly streams: readonly Uint8Array[];
  /** What becomes of a message whose rest never comes. */
  readonly cutShort: "is a message" | "is an error";
  /** The longest message, and one byte more; for codecs that have a limit. */
  readonly limit?: {
    /** A codec with a small limit. */
    readonly codec: Codec<Message>;
    readonly option: string;
    readonly bytesMax: number;
    /** Bytes of framing that may be held beside a message. */
    readonly framingBytes: number;
    /** One whole message of just the limit, framed. */
    readonly exactly: Uint8Array;
    /** The same with one byte more. */
    readonly oneMore: Uint8Array;
  };
  /** Streams that no message begins like. */
  readonly invalid?: readonly Uint8Array[];
  /** For a codec without framing, whose messages are not the same for every cut: what of them is. */
  readonly sameForEveryCut?: (messages: readonly Message[]) => unknown;
}

/** Declares the tests of one codec. */
export function testCodec<Message>(row: CodecRow<Message>): void {
  const { codec, messages } = row;
  const framed = row.sameForEveryCut === undefined;
  const content = row.sameForEveryCut ?? ((received: readonly Message[]) => received);
  const wire = concatBytes(messages.map((message) => codec.encode(message)));
  const codecs = row.limit === undefined ? [codec] : [codec, row.limit.codec];
  const anyStream = fc
    .array(fc.oneof(fc.constantFrom(...row.telling), fc.integer({ min: 0, max: 255 })), { maxLength: 40 })
    .map((bytes) => Uint8Array.from(bytes));
  const anyCuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 });

  function outcome(bytes: readonly Uint8Array[], of: Codec<Message> = codec): unknown {
    const { received, error } = decodeAll(of, bytes);
    return { content: content(received), error };
  }

  describe(row.name, () => {
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
      fc.assert(
        fc.property(fc.array(row.anyMessage, { maxLength: 6 }), anyCuts, (sent, cuts) => {
          const stream = concatBytes(sent.map((message) => codec.encode(message)));
          assert.deepEqual(outcome(cutAt(stream, cuts)), { content: content(sent), error: undefined });
        }),
      );
    });

    test("decodes any bytes alike under any cut, errors too", () => {
      fc.assert(
        fc.property(anyStream, anyCuts, (stream, cuts) => {
          for (const each of codecs) {
            assert.deepEqual(outcome(cutAt(stream, cuts), each), outcome([stream], each));
          }
        }),
        { numRuns: 300 },
      );
    });

    test("decodes short streams alike under every cut there is", () => {
      for (const stream of row.streams) {
        assert.ok(stream.length <= 12, "a stream of the row is too long to be cut in every way");
        for (const each of codecs) {
          const whole = outcome([stream], each);
          for (const chunks of everyCut(stream)) assert.deepEqual(outcome(chunks, each), whole);
        }
      }
    });

    test("ends cleanly where nothing was begun", () => {
      assert.deepEqual(decodeAll(codec, []), { received: [], error: undefined });
    });

    test(`when cut short at any byte, delivers what was whole; the rest ${row.cutShort}`, () => {
      const borders = [0];
      for (const message of messages) borders.push((borders.at(-1) ?? 0) + codec.encode(message).length);
      for (let end = 0; end <= wire.length; end++) {
        const { received, error } = decodeAll(codec, [wire.subarray(0, end)]);
        const atBorder = borders.includes(end);
        const whole = borders.filter((border) => border <= end).length - 1;
        const isError = !atBorder && row.cutShort === "is an error";
        assert.equal(error?.kind, isError ? "truncated" : undefined, `cut at ${end}`);
        if (!framed) continue;
        assert.deepEqual(received.slice(0, whole), messages.slice(0, whole));
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

    if (framed) testFraming(row);
    if (row.limit !== undefined) testLimit(row, row.limit);

    for (const stream of row.invalid ?? []) {
      test(`refuses ${Buffer.from(stream).toString("hex")} as invalid, however it is cut`, () => {
        for (const chunks of everyCut(stream)) assert.equal(decodeAll(codec, chunks).error?.kind, "invalid");
        staysFailed(codec, stream);
      });
    }
  });
}

function testFraming<Message>({ codec, messages }: CodecRow<Message>): void {
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

  test("leaves the bytes behind a message alone, for whoever reads next", () => {
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
  { codec: unlimited, messages }: CodecRow<Message>,
  { codec, option, bytesMax, framingBytes, exactly, oneMore }: NonNullable<CodecRow<Message>["limit"]>,
): void {
  test("F8: lets a message of just the limit pass, however it is cut", () => {
    for (const chunks of cutsOf(exactly)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.equal(error, undefined);
      assert.equal(received.length, 1);
    }
  });

  test("F8: fails at one byte more, however it is cut, and stays failed", () => {
    for (const chunks of cutsOf(oneMore)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.deepEqual(received, []);
      assert.equal(error?.kind, "too-long");
      assert.equal(error.option, option);
    }
    staysFailed(codec, oneMore);
  });

  test("F8: delivers the messages before the one that is too long", () => {
    const sent = messages.filter((message) => unlimited.encode(message).length <= bytesMax);
    assert.ok(sent.length > 0, "the row has no message below its limit");
    const stream = concatBytes([...sent.map((message) => codec.encode(message)), oneMore]);
    for (const chunks of everySplit(stream)) {
      const { received, error } = decodeAll(codec, chunks);
      assert.deepEqual(received, sent);
      assert.equal(error?.kind, "too-long");
    }
  });

  test("F8: never holds more than the limit and its framing", () => {
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

/** Every cut of a short stream, the telling ones of a long one. */
function cutsOf(bytes: Uint8Array): Iterable<Uint8Array[]> {
  return bytes.length <= 12 ? everyCut(bytes) : [[bytes], singleBytes(bytes), ...everySplit(bytes)];
}

/** A decoder that has failed fails again, whether more comes or not. */
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
