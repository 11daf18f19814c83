/** `pipeTo`: forwards everything received to a destination. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { formatAddress, serve, type NetError, type PipeDestination } from "../../../src/index.ts";
import { start } from "../../support/command.ts";
import { openPair, readAll } from "../../support/connection-pair.ts";
import { forEachEngine } from "../../support/engines.ts";
import { turnsUntil } from "../../support/turns.ts";

const bytes = Buffer.alloc(500_000, "abcdefghijklmnopqrstuvwxyz");

/** A stream that accepts a chunk when the test calls `take`. */
function slowStream(): { stream: Writable; taken: Buffer[]; take: () => void } {
  const taken: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      waiting.push(() => {
        taken.push(chunk);
        done();
      });
    },
  });
  return { stream, taken, take: () => waiting.shift()?.() };
}

async function rejection(promise: Promise<unknown>): Promise<NetError> {
  try {
    await promise;
  } catch (error) {
    return error as NetError;
  }
  return assert.fail("it did not reject");
}

forEachEngine((createEngine) => {
  /** a ─ source … destination ─ b: data from `a` is piped to `b`. */
  async function openChain(t: Parameters<typeof openPair>[0]) {
    const [first, second] = await Promise.all([openPair(t, createEngine()), openPair(t, createEngine())]);
    return { a: first.client, source: first.far, destination: second.client, b: second.far };
  }

  describe("to a connection", () => {
    test("moves every byte, passes the FIN on, and leaves the other direction open", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const moving = source.pipeTo(destination);
      void a.write(bytes).then(() => a.end());
      assert.ok((await readAll(b)).equals(bytes));
      assert.equal(await moving, bytes.length);
      await b.write("an answer");
      assert.equal(String(Buffer.from((await destination.read()) as Uint8Array)), "an answer");
    });

    test("both ways at once is a proxy", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const moving = Promise.all([source.pipeTo(destination), destination.pipeTo(source)]);
      void a.write(bytes).then(() => a.end());
      const question = await readAll(b);
      assert.ok(question.equals(bytes));
      await b.write(bytes.subarray(0, 1_000));
      await b.end();
      assert.ok((await readAll(a)).equals(bytes.subarray(0, 1_000)));
      assert.deepEqual(await moving, [bytes.length, 1_000]);
      assert.equal((await source.closed).how, "fin");
      assert.equal((await destination.closed).how, "fin");
    });

    test("goes only as fast as the destination is read", async (t) => {
      const { a, source, destination } = await openChain(t);
      const moving = source.pipeTo(destination);
      const writing = (async () => {
        for (let sent = 0; sent < 100_000_000; sent += bytes.length) await a.write(bytes);
      })();
      await turnsUntil(() => a.pendingBytes > 0 && destination.pendingBytes > 0);
      assert.ok(destination.pendingBytes <= 1_048_576, String(destination.pendingBytes));
      await destination.abort();
      assert.equal((await rejection(moving)).code, "ERR_ABORTED");
      await a.abort();
      await rejection(writing);
    });

    test("what the source had before its reset arrives, then the destination is reset too", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const moving = source.pipeTo(destination);
      await a.write("the last data");
      assert.equal(String(Buffer.from((await b.read()) as Uint8Array)), "the last data");
      await a.abort();
      assert.equal((await rejection(moving)).code, "ECONNRESET");
      assert.equal((await rejection(b.read())).code, "ECONNRESET");
      assert.equal((await destination.closed).how, "aborted");
    });

    test("a destination that fails ends the wait for a silent source, which stays open", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const moving = source.pipeTo(destination);
      await b.abort();
      const error = await rejection(moving);
      assert.equal(error.code, "ECONNRESET");
      await a.write("still here");
      assert.equal(String(Buffer.from((await source.read()) as Uint8Array)), "still here");
    });

    test("a destination that is closed meanwhile says so", async (t) => {
      const { source, destination, b } = await openChain(t);
      const moving = source.pipeTo(destination);
      await Promise.all([destination.close(), b.close()]);
      assert.equal((await rejection(moving)).code, "ERR_CLOSED");
    });

    test("keepOpen passes on neither the end nor a failure", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const other = await openPair(t, createEngine());
      await a.write("one ");
      await a.end();
      assert.equal(await source.pipeTo(destination, { keepOpen: true }), 4);
      const failing = other.far.pipeTo(destination, { keepOpen: true });
      await other.client.abort();
      await rejection(failing);
      await destination.write("two");
      await destination.end();
      assert.equal((await readAll(b)).toString(), "one two");
    });

    test("a signal gives up: both sides stay open and no byte is lost", async (t) => {
      const { a, source, destination, b } = await openChain(t);
      const controller = new AbortController();
      const moving = source.pipeTo(destination, { signal: controller.signal });
      await a.write("one ");
      assert.equal(String(Buffer.from((await b.read()) as Uint8Array)), "one ");
      controller.abort(new Error("enough"));
      assert.equal((await rejection(moving)).message, "enough");
      await a.write("two");
      await a.end();
      assert.equal(await source.pipeTo(destination), 3);
      assert.equal((await readAll(b)).toString(), "two");
    });
  });

  describe("to a stream of Node's", () => {
    test("moves every byte and ends it", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const stream = new PassThrough();
      const arriving = stream.toArray() as Promise<Buffer[]>;
      const listeners = (): number =>
        ["error", "close", "drain"].reduce((sum, name) => sum + stream.listenerCount(name), 0);
      const own = listeners();
      void client.write(bytes).then(() => client.end());
      assert.equal(await far.pipeTo(stream), bytes.length);
      assert.equal(listeners(), own, "it holds on to the stream");
      assert.ok(Buffer.concat(await arriving).equals(bytes));
    });

    test("goes only as fast as the stream takes it", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const { stream, taken, take } = slowStream();
      const moving = far.pipeTo(stream);
      await client.write("one");
      await turnsUntil(() => stream.writableLength === 3);
      await client.write("two");
      await client.end();
      assert.deepEqual(taken, []);
      take();
      await turnsUntil(() => taken.length === 1 && stream.writableLength === 3);
      take();
      assert.equal(await moving, 6);
      assert.equal(stream.writableFinished, true);
    });

    test("a stream that fails is the error, whether anything comes or not", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const silent = new PassThrough();
      const waiting = far.pipeTo(silent);
      silent.destroy(new Error("the disk is full"));
      assert.equal((await rejection(waiting)).message, "the disk is full");

      const failing = new Writable({
        write(_chunk, _encoding, done) {
          done(new Error("the disk is still full"));
        },
      });
      const moving = far.pipeTo(failing);
      await client.write("anything");
      assert.equal((await rejection(moving)).message, "the disk is still full");
    });

    test("a stream that fails in its last step is the error, though it took every byte", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const stream = new Writable({
        write(_chunk, _encoding, done) {
          done();
        },
        final(done) {
          setImmediate(done, new Error("the disk was full after all"));
        },
      });
      const moving = far.pipeTo(stream);
      await client.write("everything");
      await client.end();
      assert.equal((await rejection(moving)).message, "the disk was full after all");
    });

    test("a signal gives up on a stream that takes nothing", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const { stream } = slowStream();
      const controller = new AbortController();
      const moving = far.pipeTo(stream, { signal: controller.signal });
      await client.write("one");
      await turnsUntil(() => stream.writableLength === 3);
      controller.abort(new Error("enough"));
      assert.equal((await rejection(moving)).message, "enough");
      assert.equal(stream.destroyed, false);
    });

    test("a stream that has been destroyed takes nothing", async (t) => {
      const { far } = await openPair(t, createEngine());
      const stream = new PassThrough();
      stream.destroy();
      await once(stream, "close");
      assert.equal((await rejection(far.pipeTo(stream))).code, "ERR_CLOSED");
    });

    test("a source that fails destroys the stream, so that half a file is not taken for a whole one", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const stream = new PassThrough().resume();
      const moving = far.pipeTo(stream);
      await client.write("half");
      await turnsUntil(() => far.bytesReceived === 4);
      await client.abort();
      const error = await rejection(moving);
      assert.equal(error.code, "ECONNRESET");
      assert.equal(stream.errored, error);
    });
  });

  describe("to a stream of the web", () => {
    test("moves every byte and closes it", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const chunks: Uint8Array[] = [];
      let closed = false;
      const stream = new WritableStream<Uint8Array>({
        write: (chunk) => void chunks.push(chunk),
        close: () => {
          closed = true;
        },
      });
      void client.write(bytes).then(() => client.end());
      assert.equal(await far.pipeTo(stream), bytes.length);
      assert.ok(Buffer.concat(chunks).equals(bytes));
      assert.equal(closed, true);
    });

    test("a stream that fails is the error; a source that fails aborts the stream", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const failing = new WritableStream<Uint8Array>({
        write: () => Promise.reject(new Error("no room")),
      });
      const moving = far.pipeTo(failing);
      await client.write("x");
      assert.equal((await rejection(moving)).message, "no room");

      let reason: unknown;
      const aborted = new WritableStream<Uint8Array>({
        abort: (why) => {
          reason = why;
        },
      });
      const cut = far.pipeTo(aborted);
      await client.abort();
      assert.equal(await rejection(cut), reason);
    });

    test("keepOpen lets go of it, and it can be written to again", async (t) => {
      const { client, far } = await openPair(t, createEngine());
      const stream = new WritableStream<Uint8Array>();
      await client.end();
      assert.equal(await far.pipeTo(stream, { keepOpen: true }), 0);
      assert.equal(stream.locked, false);
    });
  });

  test("refuses what is no destination, and a second reader, at once", async (t) => {
    const { far } = await openPair(t, createEngine());
    for (const wrong of [undefined, null, 7, {}, { write: () => undefined }]) {
      assert.throws(() => far.pipeTo(wrong as unknown as PipeDestination), {
        name: "TypeError",
        message: /^pipeTo: destination: .+ is neither a connection, a Writable nor a WritableStream$/,
      });
    }
    const reading = far.read();
    assert.throws(() => far.pipeTo(new PassThrough()), {
      name: "TypeError",
      message: "pipeTo: a read of this connection is in progress",
    });
    await far.abort();
    await rejection(reading);
  });

  test("a codec's unread bytes come first", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    await client.write("a line\nand the rest");
    await client.end();
    assert.equal(await far.readLine(), "a line");
    const stream = new PassThrough();
    assert.equal(await far.pipeTo(stream), 12);
    assert.equal(String(stream.read()), "and the rest");
  });
});

test("leaves standard output open, so that the program can go on", async (t) => {
  const server = await serve({ port: 0 }, (client) => client.write("from the server\n"));
  t.after(() => server.close({ drainMs: 0 }));
  const program = `
    import { connect } from "portcall";
    const connection = await connect(process.argv[1]);
    const moved = await connection.pipeTo(process.stdout);
    console.log(moved);
  `;
  const args = ["--input-type=module", "--eval", program, formatAddress(server.address)];
  const child = start(t, process.execPath, args);
  assert.equal(await child.code(), 0);
  assert.equal(child.stdout, "from the server\n16\n");
});
