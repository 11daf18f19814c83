/** What a connection promises to its user, on every engine. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import {
  CodecError,
  connect,
  formatAddress,
  lengthPrefixed,
  limits,
  lines,
  NetError,
  serve,
  type Connection,
  type SocketEvent,
} from "../../../src/index.ts";
import { openPair, openPairWith, readAll } from "../../support/connection-pair.ts";
import { forEachEngine } from "../../support/engines.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";
import { turnsUntil } from "../../support/turns.ts";

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

forEachEngine((createEngine) => {
  describe("reading", () => {
    test("read gives the bytes that came, and null when the peer has ended, each time", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("hello");
      assert.equal(text(await client.read()), "hello");
      await far.end();
      assert.equal(await client.read(), null);
      assert.equal(await client.read(), null);
    });

    test("readExactly puts together what came in pieces", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const reading = client.readExactly(10);
      for (const piece of ["abc", "defg", "hijk"]) {
        await far.write(piece);
        await turn();
      }
      assert.equal(text(await reading), "abcdefghij");
      assert.equal(text(await client.readExactly(0)), "");
      assert.equal(text(await client.readExactly(1)), "k");
      await far.end();
      assert.equal(await client.readExactly(5), null);
    });

    test("readExactly takes more than the read buffer holds", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { client: { readBufferBytesMax: 1000 } });
      const sent = Buffer.alloc(500_000, "0123456789");
      const writing = far.write(sent);
      assert.deepEqual(Buffer.from((await client.readExactly(sent.length)) ?? []), sent);
      await writing;
    });

    test("readUntil reads up to and with the delimiter, wherever the chunks end", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const reading = client.readUntil("--end--");
      for (const piece of ["some --en", "d-", "- more--end--rest"]) {
        await far.write(piece);
        await turn();
      }
      assert.equal(text(await reading), "some --end--");
      assert.equal(text(await client.readUntil(Buffer.from("--end--"))), " more--end--");
      assert.equal(text(await client.read()), "rest");
      await far.end();
      assert.equal(await client.readUntil("x"), null);
      assert.throws(() => client.readUntil(""), TypeError);
    });

    test("readLine takes LF and CR LF, and a last line without either", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("one\ntwo\r\n\nlast");
      await far.end();
      const found = [];
      for (let line = await client.readLine(); line !== null; line = await client.readLine())
        found.push(line);
      assert.deepEqual(found, ["one", "two", "", "last"]);
    });

    test("readLine gives bytes as they came, if asked to, and text otherwise", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write(Uint8Array.of(0xff, 0x0d, 0x0a, 0xff, 0x0a, 0xff, 0x0a));
      await far.end();
      assert.deepEqual([...((await client.readLine({ encoding: "bytes" })) ?? [])], [0xff]);
      assert.equal(await client.readLine({ encoding: "latin1" }), "\xff");
      assert.equal(await client.readLine(), "\ufffd");
      assert.equal(await client.readLine({ encoding: "bytes" }), null);
      assert.throws(() => client.readLine({ encoding: "ascii" as never }), /encoding: "ascii" is none of/);
    });

    test("receive and for await give messages; those who came together, batches gives together", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines() });
      await far.write("a\nb\nc\n");
      assert.equal(await client.receive(), "a");
      for await (const line of client) {
        assert.equal(line, "b");
        break;
      }
      for await (const batch of client.batches()) {
        assert.deepEqual(batch, ["c"]);
        break;
      }
      await far.write("d\ne\nf");
      await far.end();
      const rest = [];
      for await (const batch of client.batches()) rest.push(...batch);
      assert.deepEqual(rest, ["d", "e", "f"]);
      assert.equal(await client.receive(), null);
    });

    test("leaving for await leaves the connection open, and what was not read unread", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines() });
      await far.write("one\ntwo\nthree\n");
      for await (const line of client) {
        assert.equal(line, "one");
        break;
      }
      assert.equal(client.closeInfo, undefined);
      await client.send("still here");
      assert.equal(await far.receive(), "still here");
      assert.equal(await client.receive(), "two");
      await assert.rejects(async () => {
        for await (const line of client) throw new Error(line);
      }, /^Error: three$/);
      assert.equal(client.closeInfo, undefined);
    });

    test("ways of reading can be mixed, and the codec changed: each goes on where the last one stopped", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines() });
      const framed = lengthPrefixed({ prefix: "u32be" });
      await far.write(
        Buffer.concat([
          Buffer.from("start\n"),
          framed.encode(Buffer.from("a frame")),
          Buffer.from("ab--end\n"),
        ]),
      );
      assert.equal(await client.receive(), "start");
      const frames = client.useCodec(framed);
      assert.equal(text(await frames.receive()), "a frame");
      assert.equal(text(await frames.readExactly(2)), "ab");
      assert.equal(text(await client.readUntil("--")), "--");
      assert.equal(await client.readLine(), "end");
      await frames.send(Buffer.from("framed"));
      assert.deepEqual(Buffer.from((await far.readExactly(10)) ?? []), Buffer.from("\0\0\0\u0006framed"));
    });

    test("a second reader is refused at once, and does not disturb the first", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const first = client.read();
      assert.throws(() => client.read(), { name: "TypeError", message: /one reader at a time/ });
      assert.throws(() => client.readLine(), TypeError);
      assert.throws(() => client.useCodec(lines()), TypeError);
      await assert.rejects(async () => {
        for await (const chunk of client) assert.fail(String(chunk));
      }, TypeError);
      await far.write("x");
      assert.equal(text(await first), "x");
      await far.write("y");
      assert.equal(text(await client.read()), "y");
    });

    test("a read that is given up by its signal loses no byte", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const controller = new AbortController();
      const reason = new Error("something else to do");
      const reading = client.readExactly(10, { signal: controller.signal });
      await far.write("12345");
      await turnsUntil(() => client.bytesReceived === 5);
      controller.abort(reason);
      await assert.rejects(reading, reason);
      await assert.rejects(client.readExactly(6, { signal: controller.signal }), reason);
      assert.equal(text(await client.readExactly(5, { signal: controller.signal })), "12345");
      await far.write("67890");
      assert.equal(text(await client.readExactly(5)), "67890");
    });

    test("a signal that is aborted after its read has no effect", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const controller = new AbortController();
      const first = client.read({ signal: controller.signal });
      await far.write("x");
      await first;
      const second = client.read();
      controller.abort();
      await far.write("y");
      assert.equal(text(await second), "y");
    });

    test("F36: a message cut short is an error that says how many bytes are missing", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("1234");
      await far.end();
      const address = formatAddress(client.remote ?? client.local);
      await assert.rejects(client.readExactly(10), (error) => {
        assert.ok(error instanceof NetError);
        assert.deepEqual([error.code, error.stage, error.address], ["ERR_TRUNCATED", "receive", address]);
        assert.equal(error.message, `receive ${address}: the peer ended after 4 of 10 bytes`);
        assert.ok(error.cause instanceof CodecError);
        assert.equal(error.cause.missingBytes, 6);
        return true;
      });
      await assert.rejects(client.readUntil("\n"), { code: "ERR_TRUNCATED" });
      assert.equal(text(await client.read()), "1234", "what there is can still be read");
    });

    test("F8: a line longer than lineBytesMax is an error as soon as that is certain", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines() });
      const address = formatAddress(client.remote ?? client.local);
      await far.write("x".repeat(limits.lineBytesMax.value + 2));
      await assert.rejects(client.readLine(), (error) => {
        assert.ok(error instanceof NetError);
        assert.deepEqual(
          [error.code, error.stage, error.option],
          ["ERR_MESSAGE_TOO_LONG", "receive", "lineBytesMax"],
        );
        assert.equal(error.address, address);
        assert.match(error.message, /^receive \S+: .* \(lineBytesMax\)$/);
        return true;
      });
      await assert.rejects(client.receive(), { code: "ERR_MESSAGE_TOO_LONG" });
      assert.equal(client.closeInfo, undefined, "the user decides when to close");
    });

    test("F8: batches gives what was whole before it, and then the error", async (t) => {
      const { client, far } = await openPairWith(t, createEngine(), { codec: lines({ lineBytesMax: 5 }) });
      await far.write("a\nb\ntoo long a line\n");
      await turnsUntil(() => client.bytesReceived === 20);
      const batches = client.batches();
      assert.deepEqual(await batches.next(), { value: ["a", "b"], done: false });
      await assert.rejects(batches.next(), { code: "ERR_MESSAGE_TOO_LONG" });
    });

    test("F8: readUntil gives up past messageBytesMax, or past its own bytesMax", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("0123456789");
      await assert.rejects(client.readUntil("x", { messageBytesMax: 9 }), {
        code: "ERR_MESSAGE_TOO_LONG",
        option: "messageBytesMax",
      });
      const reading = client.readUntil("x");
      const writing = far.write(Buffer.alloc(limits.messageBytesMax.value + 1));
      await assert.rejects(reading, { code: "ERR_MESSAGE_TOO_LONG" });
      await client.abort();
      await writing.catch(() => undefined);
    });

    test("receives no more than readBufferBytesMax before a read, and then continues", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { client: { readBufferBytesMax: 10_000 } });
      const sent = Buffer.alloc(20_000_000, "0123456789");
      const writing = far.write(sent).then(() => far.end());
      for (let turns = 0; turns < 200; turns++) await turn();
      // Two reads of 128 KiB may be in progress when the limit is reached.
      assert.ok(
        client.bytesReceived >= 10_000 && client.bytesReceived < 10_000 + 2 * 131_072,
        String(client.bytesReceived),
      );
      assert.ok(far.pendingBytes > 0);
      assert.deepEqual(await readAll(client), sent);
      await writing;
    });

    test("gives everything that came before a reset, and then the reset", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.write("x");
      await far.read();
      await far.write("the last data");
      await far.flush();
      const { how } = await far.abort();
      assert.equal(how, "aborted");
      const closeInfo = await client.closed;
      assert.equal(text(await client.read()), "the last data");
      await assert.rejects(client.read(), (error) => error === closeInfo.error);
      await assert.rejects(client.read(), { code: "ECONNRESET" });
    });
  });

  describe("writing", () => {
    test("text goes as UTF-8, everything in the order of the calls, awaited or not", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const sent = ["é", Buffer.alloc(300_000, "a"), "", "b", Buffer.alloc(100_000, "c"), "ende"];
      for (const one of sent) void client.write(one);
      void client.end();
      assert.deepEqual(await readAll(far), Buffer.concat(sent.map((one) => Buffer.from(one as string))));
    });

    test("awaited, a write waits for the peer: no more than writeAheadBytes and itself wait to be sent", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      let most = 0;
      const writing = (async () => {
        for (let count = 0; count < 300; count++) {
          await client.write(Buffer.alloc(50_000));
          most = Math.max(most, client.pendingBytes);
        }
        await client.end();
      })();
      assert.equal((await readAll(far)).length, 15_000_000);
      await writing;
      assert.ok(most <= limits.writeAheadBytes.value, String(most));
    });

    test("F6: not awaited, writes are refused past writeQueueBytesMax, and the memory does not grow", async (t) => {
      const { client, far } = await openPair(t, createEngine(), {
        client: { writeQueueBytesMax: 1_048_576 },
        server: { readBufferBytesMax: 1000 },
      });
      const address = formatAddress(client.remote ?? client.local);
      const piece = Buffer.alloc(65_536);
      const results: Promise<void>[] = [];
      let most = 0;
      for (let count = 0; count < 500; count++) {
        results.push(client.write(piece));
        most = Math.max(most, client.pendingBytes);
      }
      assert.ok(most <= 1_048_576 && most > 0, String(most));
      const refusal = await Promise.all(results).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(refusal instanceof NetError);
      assert.deepEqual(
        [refusal.code, refusal.stage, refusal.option],
        ["ERR_WRITE_QUEUE_FULL", "send", "writeQueueBytesMax"],
      );
      assert.match(
        refusal.message,
        /^send .*: \d+ bytes are unsent in \d+ writes, 65536 more would exceed the limit of 1048576 \(writeQueueBytesMax\)$/,
      );
      assert.equal(refusal.address, address);
      assert.equal(client.closeInfo, undefined);
      const received = readAll(far);
      await client.end();
      const settled = await Promise.allSettled(results);
      const accepted = settled.filter(({ status }) => status === "fulfilled").length;
      assert.equal((await received).length, accepted * piece.length, "what was not refused arrives");
    });

    test("F6: not awaited, single bytes are bounded by what each write costs", async (t) => {
      const { client } = await openPair(t, createEngine(), {
        client: { writeQueueBytesMax: 256_000 },
        server: { readBufferBytesMax: 1000 },
      });
      void client.write(Buffer.alloc(20_000_000));
      let refused = 0;
      const results = Array.from({ length: 5_000 }, () => client.write("x").catch(() => void refused++));
      await client.abort();
      await Promise.all(results);
      assert.equal(refused, 5_000);
    });

    test("awaited, a write is never refused, whatever its size and whatever waits in front of it", async (t) => {
      const { client, far } = await openPair(t, createEngine(), {
        client: { writeQueueBytesMax: 10_000 },
        server: { readBufferBytesMax: 1000 },
      });
      const sizes = [1_000_000, 1, 1_000_000, 60_000, 1_000_000, 9_000_000, 100_000, 100_000];
      const received = readAll(far);
      const sent: Buffer[] = [];
      for (const [index, size] of sizes.entries()) {
        const extra = Buffer.alloc(2_000, "t");
        if (client.trySend(extra)) sent.push(extra);
        const piece = Buffer.alloc(size, String(index));
        await client.write(piece);
        sent.push(piece);
      }
      await client.end();
      assert.deepEqual(await received, Buffer.concat(sent));
    });

    test("a hundred writers at once wait for their turn: nothing is refused, and nothing mixed", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { server: { readBufferBytesMax: 1000 } });
      const answers = Array.from({ length: 100 }, (_, index) => Buffer.alloc(100_000, 32 + index));
      const writing = Promise.all(answers.map((answer) => client.write(answer)));
      const received = readAll(far);
      await writing;
      await client.end();
      assert.deepEqual(await received, Buffer.concat(answers));
    });

    test("a writer does not wait for what others have written behind it", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { server: { readBufferBytesMax: 1000 } });
      const first = client.write(Buffer.alloc(1_000_000));
      const flushed = client.flush();
      const second = client.write(Buffer.alloc(30_000_000));
      const reading = far.readExactly(1_000_000);
      await first;
      assert.ok(client.pendingBytes > limits.writeAheadBytes.value);
      await reading;
      await flushed;
      assert.ok(client.pendingBytes > 0);
      await client.abort();
      await assert.rejects(second, { code: "ERR_ABORTED" });
    });

    test("one write may be larger than the queue, if nothing waits in front of it", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { client: { writeQueueBytesMax: 1000 } });
      const writing = client.write(Buffer.alloc(5_000_000, 1));
      assert.equal((await far.readExactly(5_000_000))?.length, 5_000_000);
      await writing;
    });

    test("flush resolves when the kernel has taken everything", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.flush();
      void client.write(Buffer.alloc(9_000_000));
      assert.ok(client.pendingBytes > 0);
      let flushed = false;
      const flushing = client.flush().then(() => (flushed = true));
      await turn();
      assert.ok(!flushed);
      await far.readExactly(9_000_000);
      await flushing;
      assert.equal(client.pendingBytes, 0);
      assert.equal(client.bytesSent, 9_000_000);
    });

    test("flush tells why, if the connection ends first, and afterwards too", async (t) => {
      const { client } = await openPair(t, createEngine());
      void client.write(Buffer.alloc(9_000_000));
      const before = client.flush();
      const closeInfo = await client.abort();
      assert.ok(closeInfo.bytesUnsent > 0);
      await assert.rejects(before, (error) => error === closeInfo.error);
      await assert.rejects(client.flush(), (error) => error === closeInfo.error);
      await assert.rejects(client.end(), (error) => error === closeInfo.error);
    });

    test("flush resolves when everything was sent before the close", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.write("all");
      await Promise.all([client.close(), far.close()]);
      await client.flush();
      await client.end();
    });

    test("a message that the codec cannot carry is a TypeError at once", async (t) => {
      const { client } = await openPairWith(t, createEngine(), { codec: lines() });
      assert.throws(() => client.send("two\nlines"), TypeError);
      assert.throws(() => client.trySend("two\nlines"), TypeError);
      assert.equal(client.closeInfo, undefined);
    });

    test("after end(), writes are refused; the answer is still read", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.write("question");
      await client.end();
      await assert.rejects(client.write("more"), (error) => {
        assert.ok(error instanceof NetError);
        assert.equal(
          error.message,
          `send ${formatAddress(client.remote ?? client.local)}: our side has ended`,
        );
        assert.deepEqual([error.code, error.stage], ["ERR_CLOSED", "send"]);
        return true;
      });
      assert.equal(text(await readAll(far)), "question");
      await far.write("answer");
      await far.end();
      assert.equal(text(await readAll(client)), "answer");
    });

    test("after the connection has ended, writes tell why", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const [closeInfo] = await Promise.all([client.close(), far.close()]);
      assert.equal(closeInfo.how, "fin");
      await assert.rejects(client.write("x"), { code: "ERR_CLOSED", message: /: the connection has ended$/ });
      const reset = await far.closed;
      assert.equal(reset.how, "fin");
    });

    test("F35: late data after our end is received, and no error", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.end();
      await far.write("late");
      await far.write(" and later");
      await far.close();
      assert.equal(text(await readAll(client)), "late and later");
      assert.equal((await client.closed).how, "fin");
    });
  });

  describe("trySend", () => {
    test("queueBytesMax: sends while there is room, and drops what there is none for", async (t) => {
      const { client, far } = await openPair(t, createEngine(), { server: { readBufferBytesMax: 1000 } });
      const piece = Buffer.alloc(100_000);
      let sent = 0;
      while (client.trySend(piece)) sent++;
      assert.ok(client.pendingBytes <= limits.queueBytesMax.value);
      assert.equal(client.closeInfo, undefined);
      const received = readAll(far);
      await client.end();
      assert.equal((await received).length, sent * piece.length);
    });

    test("F6: disconnects a peer that does not read, if told to, and says so", async (t) => {
      const { client } = await openPair(t, createEngine(), { server: { readBufferBytesMax: 1000 } });
      const options = { policy: "disconnect", queueBytesMax: 300_000 } as const;
      while (client.trySend(Buffer.alloc(100_000), options));
      const { how, by, stage, error, bytesUnsent } = await client.closed;
      assert.deepEqual(
        [how, by, stage, error?.code, error?.option],
        ["limit", "us", "send", "ERR_WRITE_QUEUE_FULL", "queueBytesMax"],
      );
      assert.match(
        error?.message ?? "",
        /^send .*: \d+ bytes are unsent because the peer does not read \(queueBytesMax\)$/,
      );
      assert.ok(bytesUnsent <= 300_000);
      assert.equal(client.trySend(Buffer.alloc(1)), false);
    });

    test("never throws for the peer's sake, whatever room it is given", async (t) => {
      const { client } = await openPair(t, createEngine(), {
        client: { writeQueueBytesMax: 200_000 },
        server: { readBufferBytesMax: 1000 },
      });
      while (client.trySend(Buffer.alloc(100_000), { queueBytesMax: Infinity }));
      assert.ok(client.pendingBytes <= 200_000);
    });
  });

  describe("closeInfo", () => {
    test("close sends FIN: both sides close by fin, and agree on who was first and on the byte counts", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.write("12345");
      const closing = client.close();
      assert.equal(text(await readAll(far)), "12345");
      await far.write("123");
      const farEnding = await far.close();
      const closeInfo = await closing;
      const { how, by, stage, bytesSent, bytesUnsent, error } = closeInfo;
      assert.deepEqual(
        [how, by, stage, bytesSent, bytesUnsent, error],
        ["fin", "us", "close", 5, 0, undefined],
      );
      assert.deepEqual(
        [farEnding.how, farEnding.by, farEnding.bytesReceived, farEnding.bytesSent],
        ["fin", "peer", 5, 3],
      );
      assert.equal(await client.close(), closeInfo);
      assert.equal(await client.abort(), closeInfo);
      assert.equal(client.closeInfo, closeInfo);
    });

    test("close sends everything that waits before it ends", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      void client.write(Buffer.alloc(9_000_000, 1));
      const closing = client.close();
      assert.equal((await readAll(far)).length, 9_000_000);
      await far.close();
      assert.equal((await closing).bytesSent, 9_000_000);
    });

    test("F23: a peer that continues to send still receives our last data", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("anything");
      await turnsUntil(() => client.bytesReceived > 0);
      await client.write("the last data");
      const closing = client.close();
      // Unread on the other side, and more than any buffer holds: an immediate close would be a reset.
      void far.write(Buffer.alloc(1_000_000));
      await turn();
      assert.equal(text(await readAll(far)), "the last data");
      await far.close();
      assert.equal((await closing).how, "fin");
    });

    test("what had come before close() can be read after it", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.write("unread");
      await turnsUntil(() => client.bytesReceived === 6);
      const reading = client.readExactly(10);
      const closing = client.close();
      await assert.rejects(reading, { code: "ERR_TRUNCATED" });
      assert.equal(text(await client.read()), "unread");
      assert.equal(await client.read(), null);
      await far.close();
      await closing;
    });

    test("abort drops everything: ours is aborted, theirs is reset, both say at which stage", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await client.write("x");
      await far.read();
      const reading = far.read();
      const ours = await client.abort();
      const address = formatAddress(client.remote ?? client.local);
      assert.deepEqual([ours.how, ours.by, ours.stage], ["aborted", "us", "close"]);
      assert.equal(ours.error?.message, `close ${address}: aborted by our side`);
      const theirs = await far.closed;
      assert.deepEqual(
        [theirs.how, theirs.by, theirs.stage, theirs.error?.code],
        ["reset", "peer", "receive", "ECONNRESET"],
      );
      assert.equal(
        theirs.error?.message,
        `receive ${formatAddress(far.remote ?? far.local)}: reset by peer (ECONNRESET)`,
      );
      await assert.rejects(reading, (error) => error === theirs.error);
      await assert.rejects(client.read(), (error) => error === ours.error);
      await assert.rejects(client.write("x"), (error) => error === ours.error);
    });

    test("a half-close by the peer leaves our side open for any time", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      await far.end();
      assert.equal(await client.read(), null);
      assert.equal(client.closeInfo, undefined);
      await client.write("and yet");
      await client.end();
      assert.equal(text(await readAll(far)), "and yet");
      const { how, by } = await client.closed;
      assert.deepEqual([how, by], ["fin", "peer"]);
    });

    test("await using closes", async (t) => {
      const { server } = await openPair(t, createEngine(), {});
      assert.ok(server.stats.connections === 1);
      const engine = createEngine();
      let seen: Connection | undefined;
      {
        await using echo = await serve({ engine }, async (client) => {
          for await (const chunk of client) await client.write(chunk);
        });
        await using client = await connect(formatAddress(echo.address), { engine });
        await client.write("x");
        await client.read();
        seen = client;
      }
      assert.equal(seen.closeInfo?.how, "fin");
    });

    test("no promise that is not awaited ends the process", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      void client.read();
      void far.readExactly(5);
      void client.write(Buffer.alloc(20_000_000));
      void client.write(Buffer.alloc(1_000_000));
      void client.flush();
      // While `far` reads five bytes, no other read can read to the end.
      await turnsUntil(() => far.bytesReceived > 0);
      void client.abort();
      void client.write("x");
      void client.end();
      await readAll(far).catch(() => undefined);
      await Promise.all([client.closed, far.closed]);
      void client.read();
      void far.read();
      void far.write("x");
      void far.flush();
      void far.end();
      for (let turns = 0; turns < 10; turns++) await turn();
    });

    test("each connection opens once and closes once, with events for its bytes in between", async (t) => {
      const events: SocketEvent[] = [];
      const reported = { bytesReceived: 0, bytesSent: 0 };
      const { client, far } = await openPair(t, createEngine(), {
        client: {
          onEvent: (event) => events.push(event),
          onBytes: ({ type, bytes }) => {
            reported[type] += bytes.length;
          },
        },
      });
      await client.write("question");
      await client.end();
      await readAll(far);
      await far.write("the answer");
      await far.close();
      assert.equal((await readAll(client)).length, 10);
      await client.closed;
      assert.deepEqual(
        events.map(({ type }) => type).filter((type) => !/^resolve|^attempt/.test(type)),
        ["opened", "finSent", "finReceived", "closed"],
      );
      assert.deepEqual(reported, { bytesReceived: 10, bytesSent: 8 });
      const ids = events.flatMap((event) => ("connection" in event ? [event.connection] : []));
      assert.deepEqual(new Set(ids), new Set([client.id]));
    });
  });
});

test("a read that is not served in its time loses no byte", async (t) => {
  const network = simulateNetwork();
  const { client, far } = await openPair(t, network.engine, { client: { clock: network.clock } });
  const reading = client.readExactly(10, { timeoutMs: 500 });
  await far.write("12345");
  await network.pass(499);
  const settled = await Promise.race([reading.catch(() => "late"), turn("waiting")]);
  assert.equal(settled, "waiting");
  await network.pass(1);
  const address = formatAddress(client.remote ?? client.local);
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof NetError);
    assert.deepEqual([error.code, error.stage], ["ERR_READ_TIMEOUT", "receive"]);
    assert.equal(error.message, `receive ${address}: not enough to read in 500 ms (timeoutMs)`);
    return true;
  });
  assert.equal(client.closeInfo, undefined);
  await far.write("67890");
  assert.equal(text(await client.readExactly(10, { timeoutMs: 500 })), "1234567890");
});

test("a read with timeoutMs Infinity waits for ever", async (t) => {
  const network = simulateNetwork();
  const { client, far } = await openPair(t, network.engine, {
    client: { clock: network.clock, idleTimeoutMs: Infinity },
  });
  const reading = client.read({ timeoutMs: Infinity });
  await network.pass(10_000);
  await far.write("x");
  assert.equal(text(await reading), "x");
});

forEachEngine((createEngine) => {
  test("readAtMost gives what is here, and no more than was asked for", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const before = far.readAtMost(3);
    await client.write("abcdef");
    assert.equal(String(Buffer.from((await before) ?? [])), "abc");
    assert.equal(String(Buffer.from((await far.readAtMost(2)) ?? [])), "de");
    assert.equal(String(Buffer.from((await far.readAtMost(100)) ?? [])), "f");
    await client.end();
    assert.equal(await far.readAtMost(1), null);
    assert.throws(
      () => far.readAtMost(0),
      /^TypeError: readAtMost: count: 0 is not a whole number of 1 or more/,
    );
  });
});
