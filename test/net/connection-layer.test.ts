/** A layer between a connection's bytes and its codec, on every engine; telnet is the existing one. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { createMemoryEngine, type Engine } from "../../src/engine.ts";
import {
  createTelnetSession,
  lines,
  raw,
  type Connection,
  type Layer,
  type NetError,
} from "../../src/index.ts";
import type { ConnectionPair } from "../../src/testing/index.ts";
import { openPair, openPairWith, readAll } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";
import { turnsUntil } from "../support/turns.ts";

/** Every byte as two hex digits on the network, and a full stop at the end. */
function hexLayer(): Layer {
  let half = "";
  return {
    open(say) {
      say(Buffer.from("7e"));
    },
    receive(chunk, deliver) {
      const digits = half + Buffer.from(chunk).toString("latin1").replace(".", "");
      half = digits.slice(digits.length - (digits.length % 2));
      const data = Buffer.from(digits, "hex");
      if (data.length > 0) deliver(data);
    },
    send: (data) => Buffer.from(Buffer.from(data).toString("hex")),
    end: () => Buffer.from("."),
  };
}

async function telnetPair(t: TestContext, engine: Engine): Promise<ConnectionPair<string, string>> {
  const pair = await openPairWith(t, engine, { codec: lines() });
  pair.client.useLayer(createTelnetSession({ role: "client" }));
  pair.far.useLayer(createTelnetSession({ role: "server" }));
  return pair;
}

forEachEngine((createEngine) => {
  describe("a layer", () => {
    test("works beneath the codec in both directions", async (t) => {
      const { client, far } = await telnetPair(t, createEngine());
      await client.send("one");
      assert.equal(client.trySend("\xff two"), true);
      await client.write("three\n");
      assert.deepEqual(
        [await far.receive(), await far.receive(), await far.readLine()],
        ["one", "\xff two", "three"],
      );
      await far.send("back");
      await far.end();
      assert.equal((await readAll(client as Connection<unknown, never>)).toString(), "back\r\n");
    });

    test("RFC 1123: CR NUL ends a line as CR LF does, for a handler that lets its client type by characters", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines() });
      const session = createTelnetSession({ role: "server" });
      far.useLayer(session);
      session.ask("us", "echo");
      session.ask("us", "sga");
      // DO ECHO and DO SGA, then lines as a client in character mode sends them.
      await client.write(Buffer.from("\xff\xfd\x01\xff\xfd\x03one\r\0two\r\nthree\r", "latin1"));
      assert.equal(await far.receive(), "one");
      assert.equal(await far.receive(), "two");
      await client.write("\0");
      assert.equal(await far.receive(), "three");
      assert.equal(session.does("us", "echo") && session.does("us", "sga"), true);
    });

    test("sends its first bytes at once, and its last ones before our FIN", async (t) => {
      for (const how of ["end", "close"] as const) {
        const { client, far } = await openPair(t, createEngine());
        client.useLayer(hexLayer());
        await client.write("ab");
        void client[how]();
        assert.equal((await readAll(far)).toString(), "7e6162.");
        await far.close();
        await client.closed;
      }
    });

    test("sends no last bytes when the peer cannot receive them", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      client.useLayer(hexLayer());
      await client.abort();
      await client.end();
      await far.closed;
      assert.equal(client.bytesSent, 2);
    });

    test("is given what has come and was not read, then the rest", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("head\n616");
      assert.equal(await client.readLine(), "head");
      client.useLayer(hexLayer());
      await far.write("2");
      await far.end();
      assert.equal((await readAll(client)).toString(), "ab");
    });

    test("stays when the codec is changed", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      client.useLayer(hexLayer());
      await far.write(Buffer.from("line\n").toString("hex") + Buffer.from("bytes").toString("hex"));
      assert.equal(await client.useCodec(lines()).receive(), "line");
      assert.equal(Buffer.from((await client.useCodec(raw()).receive()) ?? "").toString(), "bytes");
    });

    test("receives input in any pieces", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      client.useLayer(hexLayer());
      const reading = client.readExactly(3);
      for (const digit of "616263") {
        await far.write(digit);
        await far.flush();
      }
      assert.equal(Buffer.from((await reading) ?? "").toString(), "abc");
    });

    test("comes alone, and between reads", async (t) => {
      const { client } = await openPair(t, createEngine());
      const reading = client.read();
      assert.throws(() => {
        client.useLayer(hexLayer());
      }, /^TypeError: useLayer: a read of this connection is in progress$/);
      void client.close();
      assert.equal(await reading, null);
      client.useLayer(hexLayer());
      assert.throws(() => {
        client.useLayer(hexLayer());
      }, /^TypeError: useLayer: this connection has a layer already$/);
    });
  });

  describe("a peer that does not keep to the layer", () => {
    for (const [title, wire, code, how, happened] of [
      [
        "has too much to say",
        `\xff\xfa\x18${"x".repeat(8192)}`,
        "ERR_MESSAGE_TOO_LONG",
        "limit",
        "a subnegotiation is longer than 8192 bytes (subnegotiationBytesMax)",
      ],
      [
        "speaks nonsense",
        "\xff\xfa\x18\xff\xfb",
        "ERR_MESSAGE_INVALID",
        "protocol",
        "a subnegotiation contains IAC 251, which is not allowed in it",
      ],
    ] as const) {
      test(`F72: ends the connection when it ${title}, after what it said before`, async (t) => {
        const { client, far } = await openPair(t, createEngine());
        client.useLayer(createTelnetSession({ role: "client" }));
        await far.write(Buffer.from(`before${wire}`, "latin1"));
        assert.equal(Buffer.from((await client.readExactly(6)) ?? "").toString(), "before");
        await assert.rejects(client.read(), (error: NetError) => {
          assert.equal(error.code, code);
          assert.ok(error.message.endsWith(happened), error.message);
          return true;
        });
        assert.equal(await far.read(), null);
        await far.close();
        const closeInfo = await client.closed;
        assert.deepEqual([closeInfo.how, closeInfo.by, closeInfo.stage], [how, "us", "receive"]);
      });
    }

    test("F71: is disconnected when it reads none of the layer's replies, without an error in the writer", async (t) => {
      const { client } = await openPair(t, createEngine(), { client: { writeQueueBytesMax: 1_000_000 } });
      let say!: (bytes: Uint8Array) => void;
      client.useLayer({ ...hexLayer(), open: (given) => void (say = given) });
      let said = 0;
      await turnsUntil(() => {
        say(Buffer.alloc(900_000));
        said++;
        return client.closeInfo !== undefined || said > 1_000;
      });
      const { how, by, error } = await client.closed;
      assert.deepEqual([how, by, error?.code], ["limit", "us", "ERR_WRITE_QUEUE_FULL"]);
    });
  });
});

describe("a layer of a connection that is full", () => {
  test("is not told of a message that is dropped", async (t) => {
    const { client, far } = await openPair(t, createMemoryEngine({ capacityBytes: 10 }));
    client.useLayer(createTelnetSession({ role: "client" }));
    assert.equal(client.trySend(Buffer.from("more than the wire holds, ")), true);
    // A sent CR would be followed by a NUL.
    assert.equal(client.trySend(Buffer.from("dropped\r"), { queueBytesMax: 1 }), false);
    void client.end();
    assert.equal((await readAll(far)).toString(), "more than the wire holds, ");
  });

  test("may make more of a message than there is room for", async (t) => {
    const options = { client: { writeQueueBytesMax: 100 } };
    const { client, far } = await openPair(t, createMemoryEngine({ capacityBytes: 10 }), options);
    client.useLayer(hexLayer());
    assert.equal(client.trySend(Buffer.from("x".repeat(30))), true);
    assert.equal(client.trySend(Buffer.from("y".repeat(30))), true);
    assert.equal(client.trySend(Buffer.from("z")), false);
    void client.end();
    const received = Buffer.from((await readAll(far)).toString("latin1"), "hex").toString();
    assert.equal(received, `~${"x".repeat(30)}${"y".repeat(30)}`);
  });
});
