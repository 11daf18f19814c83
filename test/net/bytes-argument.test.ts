/** You can send a `Uint8Array` or a string; all other values are refused at once, and the object stays usable. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import vm from "node:vm";
import { bindUdp, connect, connectUdp, formatAddress, serve, type RawConnection } from "../../src/index.ts";
import { openPair } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";

const wrong: readonly (readonly [value: unknown, shown: string])[] = [
  [1, "1"],
  [Number.NaN, "NaN"],
  [1n, "1n"],
  [true, "true"],
  [null, "null"],
  [undefined, "undefined"],
  [{}, "an Object"],
  [{ length: 3 }, "an Object"],
  [[1, 2], "an Array"],
  [() => "x", "a function"],
  [new ArrayBuffer(8), "an ArrayBuffer"],
  [new DataView(new ArrayBuffer(8)), "a DataView"],
  [new Uint16Array(8), "a Uint16Array"],
  [new Uint8ClampedArray(8), "a Uint8ClampedArray"],
  [Object.create(null), "an object"],
];

function refuses(argument: string, call: (value: never) => unknown): void {
  for (const [value, shown] of wrong) {
    assert.throws(() => call(value as never), {
      name: "TypeError",
      message: new RegExp(`^${argument}: ${shown} is neither a Uint8Array nor a string(; |$)`),
    });
  }
}

forEachEngine((createEngine) => {
  test("write, send and trySend refuse what is no bytes, and the connection goes on", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    refuses("write: data", (value) => client.write(value));
    refuses("raw: message", (value) => client.send(value));
    refuses("raw: message", (value) => client.trySend(value));
    assert.equal(client.pendingBytes, 0);
    await client.write("after");
    assert.equal(String(Buffer.from((await far.readExactly(5)) ?? [])), "after");
  });

  test("write refuses it after the end, too", async (t) => {
    const { client } = await openPair(t, createEngine());
    await client.abort();
    refuses("write: data", (value) => client.write(value));
  });

  test("write of a raw connection refuses it, while open and after its end", async (t) => {
    const engine = createEngine();
    const connections: RawConnection[] = [];
    let opened!: (found: unknown) => void;
    const checked = new Promise((resolve) => (opened = resolve));
    let closed!: () => void;
    const ended = new Promise<void>((resolve) => (closed = resolve));
    const server = await serve(
      { engine, port: 0, onError: opened },
      {
        opened(connection) {
          connections.push(connection);
          refuses("write: data", (value) => connection.write(value));
          opened(connection.pendingBytes);
          connection.write("after");
        },
        bytes: () => undefined,
        closed,
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const client = await connect(formatAddress(server.address), { engine });
    assert.equal(await checked, 0);
    assert.equal(String(Buffer.from((await client.readExactly(5)) ?? [])), "after");
    await client.close();
    await ended;
    refuses("write: data", (value) => connections[0]?.write(value));
  });

  test("send and sendTo of datagram sockets refuse it, and the sockets go on", async (t) => {
    const engine = createEngine();
    const bound = await bindUdp({ engine });
    t.after(() => bound.close());
    const dialed = await connectUdp(formatAddress(bound.address), { engine });
    t.after(() => dialed.close());
    refuses("send: data", (value) => dialed.send(value));
    refuses("sendTo: data", (value) => bound.sendTo(value, dialed.local));
    refuses("sendTo: data", (value) => bound.sendTo(value, formatAddress(dialed.local)));
    await dialed.send("after");
    const datagram = await bound.receive();
    assert.equal(String(Buffer.from(datagram?.bytes ?? [])), "after");
  });

  test("a lone surrogate is refused with its index, wherever text becomes bytes", async (t) => {
    const engine = createEngine();
    const { client, far } = await openPair(t, engine);
    const bound = await bindUdp({ engine });
    t.after(() => bound.close());
    const dialed = await connectUdp(formatAddress(bound.address), { engine });
    t.after(() => dialed.close());
    for (const half of ["ab\ud800", "ab\udfffcd", "ab\ud83d\ud83d\ude00"]) {
      for (const [argument, call] of [
        ["write: data", () => client.write(half)],
        ["raw: message", () => client.send(half as never)],
        ["raw: message", () => client.trySend(half as never)],
        ["delimited: delimiter", () => client.readUntil(half)],
        ["send: data", () => dialed.send(half)],
        ["sendTo: data", () => bound.sendTo(half, dialed.local)],
      ] as const) {
        assert.throws(call, {
          name: "TypeError",
          message: `${argument}: lone surrogate at index 2, which UTF-8 cannot carry`,
        });
      }
    }
    await assert.rejects(
      serve({ engine, refusal: "\udc00" }, () => undefined),
      /^TypeError: refusal: lone surrogate/,
    );
    await client.write("\u{1f600}");
    assert.deepEqual([...((await far.readExactly(4)) ?? [])], [0xf0, 0x9f, 0x98, 0x80]);
  });

  test("a Buffer, and an array from another realm, are sent as they are", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    await client.write(Buffer.from([0, 255]));
    await client.write(vm.runInNewContext("Uint8Array.of(1, 128)") as Uint8Array);
    assert.deepEqual([...((await far.readExactly(4)) ?? [])], [0, 255, 1, 128]);
  });
});

describe("a codec whose encode returns no bytes", () => {
  const broken = { name: "broken", decoder: () => ({ decode: () => undefined, end: () => undefined }) };

  test("is refused by trySend, and the connection goes on", async () => {
    await using server = await serve({ port: 0 }, async (client) =>
      client.write((await client.read()) ?? ""),
    );
    await using client = await connect(formatAddress(server.address));
    const other = client.useCodec({ ...broken, encode: () => 5 as never });
    assert.throws(() => other.trySend(undefined), /^TypeError: trySend: the result of codec.encode: 5/);
    assert.throws(() => other.send(undefined), /^TypeError: write: data: 5 is neither/);
    await client.write("still here");
    assert.equal(String(Buffer.from((await client.readExactly(10)) ?? [])), "still here");
  });
});
