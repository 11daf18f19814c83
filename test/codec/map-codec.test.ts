/** A codec derived from another one: errors of the mapping, and which side they concern. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NetError } from "../../src/index.ts";
import { ByteQueue } from "../../src/engine.ts";
import { CodecError, connect, formatAddress, lines, mapCodec, serve } from "../../src/index.ts";

const jsonLine = mapCodec(lines(), {
  decode: (line) => JSON.parse(line) as unknown,
  encode: (value: unknown) => JSON.stringify(value),
});

function queueOf(text: string): ByteQueue {
  const queue = new ByteQueue();
  queue.push(Buffer.from(text));
  return queue;
}

describe("mapCodec", () => {
  test("frames as the codec does, under its name, with other messages", () => {
    assert.equal(jsonLine.name, "lines");
    assert.equal(Buffer.from(jsonLine.encode({ id: 7 })).toString(), '{"id":7}\n');
    assert.deepEqual(jsonLine.decoder().decode(queueOf('{"id":7}\nrest')), { id: 7 });
  });

  test("makes what decode throws a codec error, with the cause, and stays failed", () => {
    const decoder = jsonLine.decoder();
    const queue = queueOf("no json\n1\n");
    let first: unknown;
    assert.throws(
      () => decoder.decode(queue),
      (error) => {
        first = error;
        assert.ok(error instanceof CodecError && error.cause instanceof SyntaxError);
        assert.deepEqual([error.kind, error.message], ["invalid", error.cause.message]);
        return true;
      },
    );
    for (const again of [() => decoder.decode(queue), () => decoder.end(queue)]) {
      assert.throws(again, (error) => error === first);
    }
  });

  test("passes on a codec error as it is, and one of the codec itself", () => {
    const own = new CodecError("truncated", "too little", { missingBytes: 3 });
    const strict = mapCodec(lines({ lineBytesMax: 4 }), {
      decode: (): string => {
        throw own;
      },
      encode: (line: string) => line,
    });
    assert.throws(
      () => strict.decoder().decode(queueOf("a\n")),
      (error) => error === own,
    );
    assert.throws(() => strict.decoder().decode(queueOf("too long\n")), {
      kind: "too-long",
      option: "lineBytesMax",
    });
  });

  test("takes neither null nor undefined for a message", () => {
    for (const nothing of [null, undefined]) {
      const codec = mapCodec(lines(), { decode: () => nothing, encode: () => "" });
      assert.throws(() => codec.decoder().decode(queueOf("a\n")), {
        kind: "invalid",
        message: `decode returned ${nothing}, which is not a message`,
      });
    }
  });

  test("makes what encode throws a TypeError, as a message that cannot be sent is", () => {
    const cause = new RangeError("no such number");
    const codec = mapCodec(lines(), {
      decode: Number,
      encode: (): string => {
        throw cause;
      },
    });
    assert.throws(() => codec.encode(5), { name: "TypeError", message: "no such number", cause });
  });

  test("each decoder fails for itself", () => {
    assert.throws(() => jsonLine.decoder().decode(queueOf("{\n")), CodecError);
    assert.equal(jsonLine.decoder().decode(queueOf("1\n")), 1);
  });

  test("costs a peer that breaks it its connection, with ERR_MESSAGE_INVALID", async () => {
    let failed!: (error: NetError) => void;
    const failure = new Promise<NetError>((resolve) => (failed = resolve));
    await using server = await serve({ codec: jsonLine, onError: failed }, async (client) => {
      for await (const value of client) await client.send(value);
    });
    await using client = await connect(formatAddress(server.address));
    await client.write("[1, 2]\nno json\n");
    assert.equal(await client.readLine(), "[1,2]");
    assert.equal((await failure).code, "ERR_MESSAGE_INVALID");
  });
});
