/** The codec suite finds the faults of faulty codecs, with any runner. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ByteQueue } from "../../src/engine.ts";
import { CodecError, lengthPrefixed, lines, type Codec, type Decoder } from "../../src/index.ts";
import { testCodec, type CodecContract } from "../../src/testing/index.ts";

const text = (bytes: string): Uint8Array => Uint8Array.from(Buffer.from(bytes));

/** Runs the suite; returns the names of the failed tests with their messages. */
function failures<Message>(contract: CodecContract<Message>): Map<string, string> {
  const failed = new Map<string, string>();
  testCodec({ seed: 1, ...contract }, (name, run) => {
    try {
      run();
    } catch (error) {
      failed.set(name, (error as Error).message);
    }
  });
  return failed;
}

const contract: CodecContract<string> = {
  codec: lines(),
  messages: ["", "one", "two"],
  cutShort: "is a message",
  telling: [0x0a, 0x0d],
  streams: [text("a\r\n\nb")],
  limit: {
    codec: lines({ lineBytesMax: 4 }),
    option: "lineBytesMax",
    bytesMax: 4,
    framingBytes: 1,
    exactly: text("1234\n"),
    oneMore: text("12345\n"),
  },
};

/** The lines codec with a fault. */
function broken(wrong: (codec: Codec<string>) => Partial<Codec<string>>): Map<string, string> {
  const codec = lines();
  return failures({ ...contract, codec: { ...codec, ...wrong(codec) } });
}

/** The lines codec, whose decoders decode in another way. */
function brokenDecoder(
  decode: (right: Decoder<string>, bytes: ByteQueue) => string | undefined,
): Map<string, string> {
  return broken((codec) => ({
    decoder() {
      const right = codec.decoder();
      return { ...right, decode: (bytes) => decode(right, bytes) };
    },
  }));
}

test("finds nothing wrong with a codec that is right", () => {
  assert.deepEqual([...failures(contract)], []);
});

describe("finds", () => {
  test("an encoder that changes the message", () => {
    const found = broken((codec) => ({ encode: (message) => codec.encode(message.toUpperCase()) }));
    assert.ok(found.has("gives back each message that was encoded"));
  });

  test("a decoder that takes bytes before the message is whole", () => {
    const found = brokenDecoder((decoder, bytes) => {
      const message = decoder.decode(bytes);
      if (message === undefined && bytes.at(0) === 0x6f) bytes.skip(1);
      return message;
    });
    assert.ok(found.has("takes nothing before a message is whole"));
    assert.ok(found.has("delivers messages split at any byte"));
  });

  test("a decoder that says it owns its messages, and gives views of what came", () => {
    const codec = lines({ encoding: "bytes" });
    const claims = { ...codec, decoder: () => ({ ...codec.decoder(), ownsMessages: true }) };
    const messages = ["one", "two", "three"].map(text);
    const row = { messages, cutShort: "is a message", telling: [0x0a] } as const;
    assert.deepEqual(
      [...failures({ ...row, codec: claims }).keys()],
      ["holds no view of the bytes in a message, as it says"],
    );
    assert.deepEqual([...failures({ ...row, codec })], []);
  });

  test("a decoder that sees a border of chunks", () => {
    const found = brokenDecoder(
      (decoder, bytes) =>
        decoder.decode(bytes) ?? (bytes.length > 0 ? bytes.takeText(bytes.length) : undefined),
    );
    assert.match(
      found.get("decodes any bytes alike under any cut, errors too") ?? "",
      /^with seed \d+: cut as /,
    );
    assert.match(found.get("decodes short streams alike under every cut there is") ?? "", /^cut as 61 \| /);
  });

  test("decoders that share what they remember", () => {
    const found = broken((codec) => {
      const shared = codec.decoder();
      return { decoder: () => shared };
    });
    // The search for a line ending continues where the last one stopped.
    assert.ok(found.size > 0);
  });

  test("a decoder that takes more than its message", () => {
    const found = brokenDecoder((decoder, bytes) => {
      const message = decoder.decode(bytes);
      if (message !== undefined) bytes.takeAll();
      return message;
    });
    assert.ok(found.has("leaves the bytes after a message for the next reader"));
  });

  test("an end in the middle that is passed over in silence", () => {
    const codec = lengthPrefixed({ prefix: "u8" });
    const silent: Codec<Uint8Array> = {
      ...(codec as Codec<Uint8Array>),
      decoder: () => ({ ...codec.decoder(), end: () => undefined }),
    };
    const found = failures({
      codec: silent,
      messages: ["", "one", "two"].map(text),
      cutShort: "is an error",
    });
    assert.deepEqual(
      [...found.keys()],
      ["when cut short at any byte, delivers what was whole; the rest is an error"],
    );
  });

  test("a limit that is not kept", () => {
    const limit = { ...(contract.limit as NonNullable<typeof contract.limit>), codec: lines() };
    const found = failures({ ...contract, limit });
    assert.ok(found.has("fails at one byte more, however it is cut, and stays failed"));
    assert.equal(found.has("lets a message of just the limit pass, however it is cut"), false);
  });

  test("a decoder that holds more than its limit of random bytes", () => {
    const found = failures({
      codec: lines(),
      messages: ["", "one", "two"],
      cutShort: "is a message",
      limit: {
        codec: lines({ lineBytesMax: 4 }),
        option: "lineBytesMax",
        bytesMax: 3,
        framingBytes: 0,
        exactly: text("123\n"),
        oneMore: text("1234\r\n"),
      },
    });
    assert.match(
      found.get("decodes any bytes alike under any cut, errors too") ?? "",
      /^with seed \d+: [45] bytes are held, more than 3$/,
    );
  });

  test("bytes that should be refused and are not", () => {
    const found = failures({ ...contract, invalid: [text("\x01\n")] });
    assert.deepEqual([...found.keys()], ["refuses 010a as invalid, however it is cut"]);
  });

  test("an error that the next call forgets", () => {
    const forgetful = (): Codec<string> => ({
      ...lines(),
      decoder() {
        let failed = false;
        return {
          decode(bytes) {
            if (failed || bytes.length === 0) return undefined;
            failed = true;
            throw new CodecError("invalid", "only once");
          },
          end: () => undefined,
        };
      },
    });
    const found = failures({ ...contract, codec: forgetful(), invalid: [text("x")] });
    assert.ok(found.has("refuses 78 as invalid, however it is cut"));
  });
});

test("a seed that failed fails again, alone", () => {
  const bad: CodecContract<string> = { ...contract, codec: { ...lines(), encode: () => text("x\n") } };
  const [first, again] = [failures(bad), failures(bad)];
  assert.deepEqual(first, again);
  const seed = Number(/with seed (\d+)/.exec(first.get("gives back any messages under any cut") ?? "")?.[1]);
  const alone = failures({ ...bad, seed });
  assert.equal(
    alone.get("gives back any messages under any cut"),
    first.get("gives back any messages under any cut"),
  );
});

test("refuses a contract that would prove nothing", () => {
  const declare = (wrong: Partial<CodecContract<string>>) => () => {
    testCodec({ ...contract, ...wrong }, () => undefined);
  };
  assert.throws(declare({ messages: ["a", "b"] }), {
    name: "TypeError",
    message: "messages: three or more are needed",
  });
  assert.throws(declare({ streams: [new Uint8Array(13)] }), { name: "TypeError", message: /^streams: / });
});
