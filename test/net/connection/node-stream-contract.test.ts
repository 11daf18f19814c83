/** One table of behaviors, run against `net.Socket` and against the stream of a connection: both must do the same. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, test, type TestContext } from "node:test";
import { connect, connectNodeStream } from "../../../src/index.ts";
import { forEachSocketEngine } from "../../support/engines.ts";

/** The far end, which is a plain socket in each case. */
type Far = net.Socket;
/** What is tested: the interface of `net.Socket` that clients use. */
type Socket = Duplex &
  Pick<
    net.Socket,
    | "setTimeout"
    | "setNoDelay"
    | "setKeepAlive"
    | "destroySoon"
    | "resetAndDestroy"
    | "address"
    | "ref"
    | "unref"
    | "bytesRead"
    | "bytesWritten"
    | "connecting"
    | "pending"
    | "readyState"
    | "timeout"
    | "remoteAddress"
    | "remotePort"
    | "remoteFamily"
    | "localAddress"
    | "localPort"
  >;
interface Options {
  readonly allowHalfOpen?: boolean;
}
type Open = (port: number, options: Options) => Promise<Socket>;

describe("net.Socket", { timeout: 15_000 }, () => {
  testSocket(async (port, options) => {
    const socket = net.connect({ port, host: "127.0.0.1", ...options });
    await once(socket, "connect");
    return socket;
  });
});

forEachSocketEngine((createEngine) => {
  describe("toNodeStream", { timeout: 15_000 }, () => {
    testSocket(async (port, options) => {
      const connection = await connect(`127.0.0.1:${port}`, { engine: createEngine() });
      return connection.toNodeStream(options) as unknown as Socket;
    });
  });

  describe("connectNodeStream", { timeout: 15_000 }, () => {
    testSocket(async (port, options) => {
      const stream = connectNodeStream(`127.0.0.1:${port}`, { engine: createEngine(), ...options });
      assert.deepEqual([stream.connecting, stream.pending, stream.readyState], [true, true, "opening"]);
      await once(stream, "connect");
      return stream as unknown as Socket;
    });
  });
});

/** What a socket emitted last: its error, if any, and the argument of `close`. */
async function closeOf(socket: Duplex): Promise<{ code: string; syscall: string; hadError: boolean }> {
  let code = "";
  let syscall = "";
  socket.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code ?? "";
    syscall = error.syscall ?? "";
  });
  // Not `once`, which rejects with the error.
  const hadError = await new Promise<boolean>((resolve) => socket.once("close", resolve));
  return { code, syscall, hadError };
}

async function textOf(stream: Duplex): Promise<string> {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, "end");
  return text;
}

function testSocket(open: Open): void {
  /** Both ends of a connection. */
  async function pair(t: TestContext, options: Options = {}): Promise<{ socket: Socket; far: Far }> {
    const server = net.createServer({ allowHalfOpen: true });
    const accepted = once(server, "connection");
    await once(server.listen(0, "127.0.0.1"), "listening");
    const socket = await open((server.address() as net.AddressInfo).port, options);
    const [far] = (await accepted) as [Far];
    server.close();
    far.on("error", () => {});
    t.after(() => {
      socket.destroy();
      far.destroy();
    });
    return { socket, far };
  }

  test("data arrives as Buffers, in order, in both directions", async (t) => {
    const { socket, far } = await pair(t);
    far.end("from afar");
    socket.write("from ");
    socket.end("here");
    const kinds: boolean[] = [];
    socket.on("data", (chunk) => kinds.push(Buffer.isBuffer(chunk)));
    assert.deepEqual(await Promise.all([textOf(socket), textOf(far)]), ["from afar", "from here"]);
    assert.ok(kinds.length > 0 && kinds.every(Boolean));
    assert.deepEqual([socket.bytesRead, socket.bytesWritten], [9, 9]);
  });

  test("setEncoding gives text, with characters that were cut put together", async (t) => {
    const { socket, far } = await pair(t);
    socket.setEncoding("utf8");
    const euro = Buffer.from("€");
    far.setNoDelay(true);
    far.write(Buffer.concat([Buffer.from("1 "), euro.subarray(0, 1)]));
    let text = "";
    socket.on("data", (chunk: string) => (text += chunk));
    await once(socket, "data");
    far.end(euro.subarray(1));
    await once(socket, "end");
    assert.equal(text, "1 €");
  });

  test("a text is written in its encoding", async (t) => {
    const { socket, far } = await pair(t);
    socket.write("é", "latin1");
    socket.end("6869", "hex");
    assert.equal(Buffer.from(await readAll(far)).toString("latin1"), "éhi");
  });

  test("end sends what was written, emits finish, and close without an error once the peer ends", async (t) => {
    const { socket, far } = await pair(t);
    const seen: string[] = [];
    for (const event of ["finish", "end", "close"]) socket.on(event, () => seen.push(event));
    const closed = closeOf(socket);
    socket.resume();
    socket.end("bye");
    assert.equal(await textOf(far), "bye");
    far.end();
    assert.deepEqual(await closed, { code: "", syscall: "", hadError: false });
    assert.deepEqual(seen, ["finish", "end", "close"]);
  });

  test("without allowHalfOpen, the peer's end ends the stream, even if nothing consumes it", async (t) => {
    const { socket, far } = await pair(t);
    const closed = closeOf(socket);
    far.end();
    assert.equal(await textOf(far), "");
    assert.equal((await closed).hadError, false);
  });

  test("with allowHalfOpen, writing continues after the peer's end", async (t) => {
    const { socket, far } = await pair(t, { allowHalfOpen: true });
    socket.resume();
    far.end("done");
    await once(socket, "end");
    assert.equal(socket.writable, true);
    assert.equal(socket.readyState, "writeOnly");
    socket.end("and still here");
    assert.equal(await textOf(far), "and still here");
  });

  test("reading continues after end", async (t) => {
    const { socket, far } = await pair(t);
    socket.end();
    await once(far.resume(), "end");
    assert.equal(socket.readyState, "readOnly");
    far.end("late");
    assert.equal(await textOf(socket), "late");
  });

  test("a write after end is ERR_STREAM_WRITE_AFTER_END", async (t) => {
    const { socket } = await pair(t);
    socket.end();
    const closed = closeOf(socket);
    assert.equal(socket.write("late"), false);
    assert.deepEqual(await closed, { code: "ERR_STREAM_WRITE_AFTER_END", syscall: "", hadError: true });
  });

  test("a write after the peer's end is EPIPE", async (t) => {
    const { socket, far } = await pair(t);
    socket.resume();
    const failed = new Promise<string | undefined>((resolve) => {
      socket.once("end", () => {
        // The stream ends itself on the next tick.
        setImmediate(() => socket.write("late", (error) => resolve((error as NodeJS.ErrnoException).code)));
      });
    });
    const closed = closeOf(socket);
    // The peer does not read it, so the stream cannot finish yet.
    socket.write(Buffer.alloc(32 << 20));
    far.end();
    assert.equal(await failed, "EPIPE");
    assert.deepEqual(await closed, { code: "EPIPE", syscall: "", hadError: true });
  });

  test("a write after destroy is ERR_STREAM_DESTROYED", async (t) => {
    const { socket } = await pair(t);
    socket.destroy();
    const code = await new Promise((resolve) => {
      socket.write("late", (error) => resolve((error as NodeJS.ErrnoException).code));
    });
    assert.equal(code, "ERR_STREAM_DESTROYED");
  });

  test("destroy closes without an error, and the peer sees the end after what was written", async (t) => {
    const { socket, far } = await pair(t);
    const closed = closeOf(socket);
    const text = textOf(far);
    socket.write("last", () => socket.destroy());
    assert.deepEqual(await closed, { code: "", syscall: "", hadError: false });
    assert.equal(await text, "last");
    assert.equal(socket.destroyed, true);
    assert.equal(socket.readyState, "closed");
  });

  test("destroy with an error emits it once, before close", async (t) => {
    const { socket } = await pair(t);
    const seen: unknown[] = [];
    socket.on("error", (error: Error) => seen.push(error.message));
    socket.on("close", (hadError: boolean) => seen.push(hadError));
    socket.destroy(new Error("enough"));
    socket.destroy(new Error("more"));
    await new Promise((resolve) => socket.once("close", resolve));
    assert.deepEqual(seen, ["enough", true]);
  });

  test("destroySoon sends what was written first", async (t) => {
    const { socket, far } = await pair(t);
    const large = Buffer.alloc(3_000_000, "x");
    socket.write(large);
    socket.destroySoon();
    assert.equal((await readAll(far)).length, large.length);
  });

  test("a reset of the peer is ECONNRESET of read", async (t) => {
    const { socket, far } = await pair(t);
    const closed = closeOf(socket);
    socket.resume();
    far.resetAndDestroy();
    assert.deepEqual(await closed, { code: "ECONNRESET", syscall: "read", hadError: true });
  });

  test("the error of a reset has Node's message and errno", async (t) => {
    const { socket, far } = await pair(t);
    const failed = once(socket, "error");
    socket.resume();
    far.resetAndDestroy();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    assert.deepEqual([error.message, error.errno, error.name], ["read ECONNRESET", -104, "Error"]);
  });

  test("data before a reset arrives first", async (t) => {
    const { socket, far } = await pair(t);
    let text = "";
    const arrived = new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        resolve();
      });
    });
    const closed = closeOf(socket);
    far.write("before the reset");
    await arrived;
    far.resetAndDestroy();
    assert.equal((await closed).code, "ECONNRESET");
    assert.equal(text, "before the reset");
  });

  test("resetAndDestroy resets the peer, without an error here", async (t) => {
    const { socket, far } = await pair(t);
    const farClosed = closeOf(far);
    const closed = closeOf(socket);
    far.resume();
    socket.resetAndDestroy();
    assert.deepEqual(await closed, { code: "", syscall: "", hadError: false });
    assert.equal((await farClosed).code, "ECONNRESET");
  });

  test("write returns false when the buffer is full, and drain follows once the peer reads", async (t) => {
    const { socket, far } = await pair(t);
    const chunk = Buffer.alloc(1 << 20, "x");
    let written = 1;
    while (socket.write(chunk)) written += 1;
    assert.equal(socket.writableNeedDrain, true);
    const drained = once(socket, "drain");
    let received = 0;
    far.on("data", (data) => (received += data.length));
    await drained;
    assert.equal(socket.writableNeedDrain, false);
    socket.end();
    await once(far, "end");
    assert.equal(received, written * chunk.length);
  });

  test("a paused stream makes the peer wait, and loses nothing", async (t) => {
    const { socket, far } = await pair(t);
    const total = 48 << 20;
    socket.pause();
    far.write(Buffer.alloc(total, "x"));
    far.end();
    // Full buffers on both sides: the peer cannot finish.
    await once(socket, "readable");
    assert.ok(far.writableLength > 0);
    let received = 0;
    for await (const chunk of socket) received += (chunk as Buffer).length;
    assert.equal(received, total);
  });

  test("the callbacks of writes are called in order", async (t) => {
    const { socket, far } = await pair(t);
    const order: number[] = [];
    far.resume();
    await new Promise<void>((resolve) => {
      for (let index = 0; index < 20; index++) {
        socket.write(String(index), () => {
          order.push(index);
          if (index === 19) resolve();
        });
      }
    });
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  test("corked writes leave together, in order", async (t) => {
    const { socket, far } = await pair(t);
    socket.cork();
    socket.write("a");
    socket.write(Buffer.alloc(100_000, "b"));
    socket.write("c");
    assert.equal(socket.writableLength, 100_002);
    process.nextTick(() => socket.uncork());
    socket.end();
    assert.equal(await textOf(far), `a${"b".repeat(100_000)}c`);
  });

  test("pipeline carries a stream in each direction", async (t) => {
    const { socket, far } = await pair(t);
    const echoed = pipeline(far, far);
    const chunks: Buffer[] = [];
    await pipeline(
      Array.from({ length: 50 }, () => Buffer.alloc(50_000, "y")),
      socket,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          chunks.push(chunk);
          yield chunk;
        }
      },
      async (source: AsyncIterable<Buffer>) => {
        for await (const _ of source);
      },
    );
    await echoed;
    assert.equal(Buffer.concat(chunks).length, 2_500_000);
  });

  test("setTimeout emits timeout after silence, and closes nothing", async (t) => {
    const { socket, far } = await pair(t);
    socket.setTimeout(20);
    assert.equal(socket.timeout, 20);
    await once(socket, "timeout");
    assert.equal(socket.destroyed, false);
    socket.setTimeout(0);
    socket.end("still open");
    assert.equal(await textOf(far), "still open");
  });

  test("setTimeout refuses what is no time", async (t) => {
    const { socket } = await pair(t);
    for (const wrong of [-1, Number.NaN, Infinity]) assert.throws(() => socket.setTimeout(wrong), RangeError);
  });

  test("the addresses are those of the connection", async (t) => {
    const { socket, far } = await pair(t);
    assert.deepEqual(
      [socket.remoteAddress, socket.remotePort, socket.remoteFamily],
      ["127.0.0.1", far.localPort, "IPv4"],
    );
    assert.deepEqual([socket.localAddress, socket.localPort], ["127.0.0.1", far.remotePort]);
    assert.deepEqual(socket.address(), { address: "127.0.0.1", family: "IPv4", port: far.remotePort });
    assert.deepEqual([socket.connecting, socket.pending, socket.readyState], [false, false, "open"]);
  });

  test("setNoDelay, setKeepAlive, ref and unref return the stream", async (t) => {
    const { socket } = await pair(t);
    assert.equal(
      socket.setNoDelay().setNoDelay(false).setKeepAlive(true, 5000).setKeepAlive(false).unref().ref(),
      socket,
    );
  });
}

async function readAll(far: Far): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of far) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
