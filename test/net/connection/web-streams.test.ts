/** `connection.readable` and `connection.writable`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect, NetError, serve, type Connection } from "../../../src/index.ts";
import { openPair, readAll } from "../../support/connection-pair.ts";
import { forEachEngine } from "../../support/engines.ts";

async function allOf(connection: Connection): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of connection.readable) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A byte stream that gives out each chunk and its memory must still deliver the next ones. */
const long = Buffer.from(Array.from({ length: 700_001 }, (_, index) => index % 251));

forEachEngine((createEngine) => {
  test("both directions carry bytes, and closing the writable is FIN", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const echoed = far.readable.pipeTo(far.writable);
    const writer = client.writable.getWriter();
    const received = allOf(client);
    await writer.write(long);
    await writer.close();
    assert.ok((await received).equals(long));
    await echoed;
    assert.equal((await client.closed).how, "fin");
  });

  test("the same stream is returned each time", async (t) => {
    const { client } = await openPair(t, createEngine());
    assert.equal(client.readable, client.readable);
    assert.equal(client.writable, client.writable);
  });

  test("text, buffers and every kind of view are written as their bytes", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const writer = client.writable.getWriter();
    const bytes = new Uint8Array([0, 97, 98, 0]);
    await writer.write("é");
    await writer.write(new DataView(bytes.buffer, 1, 2));
    await writer.write(new Uint8Array([99]).buffer);
    await writer.close();
    assert.equal((await readAll(far)).toString(), "éabc");
  });

  test("a chunk that is no data errors the writable", async (t) => {
    const { client } = await openPair(t, createEngine());
    const writer = client.writable.getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write(5 as unknown as string), TypeError);
  });

  test("a reader with its own buffer gets bytes in it, and the end with an empty view of it", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const reader = client.readable.getReader({ mode: "byob" });
    await far.write("hello");
    await far.end();
    let text = "";
    let buffer = new ArrayBuffer(3);
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) {
        assert.equal(value?.byteLength, 0);
        break;
      }
      assert.ok(value.byteLength <= 3 && value.buffer.byteLength === 3);
      text += Buffer.from(value).toString();
      buffer = value.buffer;
    }
    assert.equal(text, "hello");
  });

  test("what the stream has not read can be read in another way", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    await far.write("one\n");
    const reader = client.readable.getReader();
    assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "one\n");
    reader.releaseLock();
    await far.write("two\n");
    assert.equal(await client.readLine(), "two");
  });

  test("writer.ready waits while the peer does not read, by bytes", async (t) => {
    const { client, far } = await openPair(t, createEngine(), { server: { readBufferBytesMax: 1 } });
    const writer = client.writable.getWriter();
    assert.equal(writer.desiredSize, 65_536);
    const writes: Promise<void>[] = [];
    let written = 0;
    while ((writer.desiredSize ?? 0) > 0) {
      writes.push(writer.write(new Uint8Array(40_000)));
      written += 40_000;
    }
    assert.equal(written, 80_000);
    const received = readAll(far);
    await Promise.all([...writes, writer.ready]);
    await writer.close();
    assert.equal((await received).length, 80_000);
  });

  test("idleTimeoutMs alone limits the wait for the first byte too", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine, port: 0 }, async (one) => {
      await one.closed;
    });
    t.after(() => server.close({ drainMs: 0 }));
    for (const read of [
      async (one: Connection) => one.readable.getReader().read(),
      async (one: Connection) => once(one.toNodeStream(), "end"),
    ]) {
      const client = await connect(server.address, { engine, idleTimeoutMs: 20 });
      await assert.rejects(read(client), { code: "ERR_IDLE_TIMEOUT", option: "idleTimeoutMs" });
    }
  });

  test("a reset errors both streams with the reason, even if nothing is read or written", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const [reader, writer] = [client.readable.getReader(), client.writable.getWriter()];
    void far.abort();
    const isReset = (error: unknown): boolean => error instanceof NetError && error.code === "ECONNRESET";
    await Promise.all([assert.rejects(reader.closed, isReset), assert.rejects(writer.closed, isReset)]);
  });

  test("bytes before a failure are delivered first", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    await far.write("last");
    await client.readAtMost(1);
    const reader = client.readable.getReader();
    await client.abort();
    assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "ast");
    await assert.rejects(reader.read(), (error: NetError) => error.code === "ERR_ABORTED");
  });

  test("aborting the writable resets the peer", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    await client.writable.abort(new Error("enough"));
    assert.equal((await far.closed).how, "reset");
  });

  test("cancelling the readable discards input and leaves the writable open", async (t) => {
    const { client, far } = await openPair(t, createEngine());
    const reader = client.readable.getReader();
    const pending = reader.read();
    await reader.cancel();
    assert.equal((await pending).done, true);
    // More than all buffers hold: it arrives, or this would wait forever.
    for (let round = 0; round < 8; round++) await far.write(new Uint8Array(4 << 20));
    await far.flush();
    const writer = client.writable.getWriter();
    await writer.write("still here");
    await writer.close();
    assert.equal((await readAll(far)).toString(), "still here");
    await far.end();
    assert.equal((await client.closed).how, "fin");
  });
});
