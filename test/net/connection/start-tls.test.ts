import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import {
  connect,
  createTelnetSession,
  lines,
  NetError,
  serve,
  type Connection,
  type ConnectOptions,
  type StartTlsOptions,
} from "../../../src/index.ts";
import { createMemoryEngine } from "../../../src/engine.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachSocketEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

/** What the server does when it has received the plain request for TLS. */
type Upgrade = (plain: net.Socket) => void;

/** A server that answers the line `STARTTLS` with `220` and then speaks TLS, unless `upgrade` does something else. */
async function listening(t: TestContext, upgrade: Upgrade): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (plain) => {
    sockets.add(plain);
    plain.on("error", () => undefined);
    let text = "";
    plain.on("data", function request(chunk: Buffer) {
      text += chunk.toString("latin1");
      if (!text.endsWith("STARTTLS\r\n")) return;
      plain.off("data", request);
      upgrade(plain);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The TLS socket of a server over a plain one. */
function secured(plain: net.Socket, pair: KeyPair): tls.TLSSocket {
  const socket = new tls.TLSSocket(plain, { isServer: true, ...pair });
  socket.on("error", () => undefined);
  return socket;
}

/** Connects, and agrees on TLS in plain text. */
async function agreed(port: number, options: ConnectOptions = {}): Promise<Connection> {
  const connection = await connect(`127.0.0.1:${port}`, options);
  await connection.write("STARTTLS\r\n");
  assert.equal(await connection.readLine(), "220 go ahead");
  return connection;
}

async function failureOf(promise: Promise<unknown>): Promise<NetError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof NetError, String(thrown));
  return thrown;
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();

describe("startTls", needs("openssl"), () => {
  let authority: TestAuthority;
  let pair: KeyPair;
  let trust: StartTlsOptions;
  let echo: Upgrade;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    trust = { ca: authority.cert };
    echo = (plain) => {
      plain.write("220 go ahead\r\n", () => {
        const socket = secured(plain, pair);
        socket.pipe(socket);
      });
    };
  });
  after(() => {
    authority.remove();
  });

  forEachSocketEngine((createEngine) => {
    const engine = createEngine();

    test("carries bytes both ways, and ends each direction with close_notify", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      const whether = (): boolean | undefined => connection.tls?.authorized;
      assert.equal(whether(), undefined);
      await connection.startTls(trust);
      assert.equal(whether(), true);
      const sent = Buffer.alloc(1_000_000, "portcall ");
      const written = connection.write(sent).then(() => connection.end());
      const parts: Uint8Array[] = [];
      for await (const chunk of connection) parts.push(chunk);
      await written;
      assert.equal(Buffer.concat(parts).equals(sent), true);
      const { how, error } = await connection.closed;
      assert.deepEqual([how, error], ["fin", undefined]);
    });

    test("counts the bytes before it and the bytes inside TLS, and no others", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      await connection.startTls(trust);
      await connection.write("hello");
      assert.equal(text(await connection.readExactly(5)), "hello");
      assert.equal(connection.bytesReceived, "220 go ahead\r\n".length + 5);
      await connection.flush();
      assert.equal(connection.bytesSent, "STARTTLS\r\n".length + 5);
      assert.equal(connection.pendingBytes, 0);
      await connection.close();
    });

    test("sends all that was written before as plain text, ahead of the handshake", async (t) => {
      const waiting = "y".repeat(8_000_000);
      const received: Buffer[] = [];
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n");
        plain.on("data", function rest(chunk: Buffer) {
          received.push(chunk);
          const whole = Buffer.concat(received);
          if (whole.length < waiting.length) return;
          plain.off("data", rest);
          plain.pause();
          plain.unshift(whole.subarray(waiting.length));
          const socket = secured(plain, pair);
          socket.pipe(socket);
        });
      });
      const connection = await agreed(port, { engine });
      const written = connection.write(waiting);
      assert.ok(connection.pendingBytes > 0, "some of it waits when TLS is started");
      await connection.startTls(trust);
      await written;
      const whole = Buffer.concat(received).subarray(0, waiting.length);
      assert.equal(whole.equals(Buffer.from(waiting)), true);
      await connection.write("inside");
      assert.equal(text(await connection.readExactly(6)), "inside");
      await connection.close();
    });

    test("refuses plain text that was received with the consent, as injected", async (t) => {
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n250 injected\r\n", () => {
          secured(plain, pair);
        });
      });
      const connection = await agreed(port, { engine });
      const error = await failureOf(connection.startTls(trust));
      assert.deepEqual([error.code, error.stage], ["ERR_TLS_PLAIN_TEXT_INJECTED", "handshake"]);
      const { how, error: reason } = await connection.closed;
      assert.deepEqual([how, reason], ["protocol", error]);
      await assert.rejects(connection.read(), { code: "ERR_TLS_PLAIN_TEXT_INJECTED" });
    });

    test("refuses injected plain text that a layer has decoded, or that a rate holds back", async (t) => {
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n250 injected\r\n", () => {
          secured(plain, pair);
        });
      });
      const layered = await connect(`127.0.0.1:${port}`, { engine });
      layered.useLayer(createTelnetSession({ role: "client" }));
      await layered.write("STARTTLS\r\n");
      assert.equal(await layered.readLine(), "220 go ahead");
      assert.equal((await failureOf(layered.startTls(trust))).code, "ERR_TLS_PLAIN_TEXT_INJECTED");
      await assert.rejects(layered.read(), { code: "ERR_TLS_PLAIN_TEXT_INJECTED" });
      const limited = await connect(`127.0.0.1:${port}`, { engine });
      await limited.write("STARTTLS\r\n");
      limited.limitRate({ receiveBytesPerSecond: 140 });
      assert.equal(await limited.readLine(), "220 go ahead");
      assert.equal((await failureOf(limited.startTls(trust))).code, "ERR_TLS_PLAIN_TEXT_INJECTED");
      await assert.rejects(limited.read(), { code: "ERR_TLS_PLAIN_TEXT_INJECTED" });
    });

    test("never delivers plain text that arrives during the handshake", async (t) => {
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n");
        plain.once("data", () => plain.write("250 injected\r\n"));
      });
      const connection = await agreed(port, { engine });
      const error = await failureOf(connection.startTls(trust));
      assert.equal(error.code, "ERR_TLS_PLAIN_TEXT");
      assert.match(error.message, /250 injected/);
      await assert.rejects(connection.read(), { code: "ERR_TLS_PLAIN_TEXT" });
    });

    test("closes with the code of the failure at stage handshake", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      const error = await failureOf(connection.startTls());
      assert.deepEqual([error.code, error.stage], ["ERR_TLS_UNKNOWN_AUTHORITY", "handshake"]);
      const { how, stage, error: reason } = await connection.closed;
      assert.deepEqual([how, stage, reason], ["failed", "handshake", error]);
      assert.equal(connection.tls, undefined);
    });

    test("does not wait longer than tlsHandshakeTimeoutMs", async (t) => {
      const port = await listening(t, (plain) => plain.write("220 go ahead\r\n"));
      const connection = await agreed(port, { engine, tlsHandshakeTimeoutMs: 50 });
      const error = await failureOf(connection.startTls(trust));
      assert.deepEqual([error.code, error.option], ["ERR_TLS_HANDSHAKE_TIMEOUT", "tlsHandshakeTimeoutMs"]);
      assert.equal((await connection.closed).how, "timeout");
    });

    test("ends when its signal fires, also if that was before", async (t) => {
      const port = await listening(t, (plain) => plain.write("220 go ahead\r\n"));
      const first = await agreed(port, { engine });
      const stop = new AbortController();
      const failed = failureOf(first.startTls({ ...trust, signal: stop.signal }));
      stop.abort();
      assert.equal((await failed).code, "ERR_ABORTED");
      assert.equal((await first.closed).how, "aborted");
      const second = await agreed(port, { engine });
      assert.equal((await failureOf(second.startTls({ ...trust, signal: stop.signal }))).code, "ERR_ABORTED");
    });

    test("reports a peer that resets, ends or has ended before", async (t) => {
      const resets = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n");
        plain.once("data", () => plain.resetAndDestroy());
      });
      const reset = await agreed(resets, { engine });
      assert.equal((await failureOf(reset.startTls(trust))).code, "ECONNRESET");
      assert.equal((await reset.closed).how, "reset");
      const ends = await listening(t, (plain) => plain.end("220 go ahead\r\n"));
      const during = await agreed(ends, { engine });
      assert.equal((await failureOf(during.startTls(trust))).code, "ERR_TLS_FAILED");
      const earlier = await agreed(ends, { engine });
      assert.equal(await earlier.read(), null);
      assert.equal((await failureOf(earlier.startTls(trust))).code, "ERR_TLS_FAILED");
    });

    test("refuses wrong options at once, and leaves the connection open", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      assert.throws(() => connection.startTls({ cert: pair.cert, key: "none" }), TypeError);
      assert.throws(() => connection.startTls({ tlsHandshakeTimeoutMs: 0 }), /tlsHandshakeTimeoutMs/);
      assert.throws(() => connection.startTls({ signal: {} as AbortSignal }), /AbortSignal/);
      assert.throws(() => connection.startTls({ severName: "x" } as StartTlsOptions), /serverName/);
      await connection.startTls(trust);
      await connection.close();
    });

    test("refuses reads, writes and a second call until the handshake is complete", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      const done = connection.startTls(trust);
      const inProgress = { name: "TypeError", message: /startTls/ };
      await assert.rejects(async () => connection.write("x"), inProgress);
      assert.equal(connection.trySend(Buffer.from("x")), false);
      await assert.rejects(async () => connection.read(), inProgress);
      await assert.rejects(async () => connection.startTls(), inProgress);
      await assert.rejects(async () => connection.end(), inProgress);
      await done;
      await assert.rejects(async () => connection.startTls(), /TLS already/);
      await connection.write("still open");
      assert.equal(text(await connection.readExactly(10)), "still open");
      await connection.close();
    });

    test("is refused with a read in progress, with a Node stream, and after our end", async (t) => {
      const port = await listening(t, echo);
      const reading = await agreed(port, { engine });
      const stop = new AbortController();
      const read = reading.read({ signal: stop.signal });
      assert.throws(() => reading.startTls(trust), /a read .* in progress/);
      stop.abort(new Error("enough"));
      await assert.rejects(read, /enough/);
      await reading.startTls(trust);
      await reading.close();
      const streamed = await agreed(port, { engine });
      streamed.toNodeStream().destroy();
      assert.throws(() => streamed.startTls(trust), /Node stream/);
      const ended = await agreed(port, { engine });
      await ended.end();
      assert.equal((await failureOf(ended.startTls(trust))).code, "ERR_CLOSED");
      await ended.close();
      assert.equal((await failureOf(ended.startTls(trust))).code, "ERR_CLOSED");
    });

    test("close and abort end a handshake in progress", async (t) => {
      const port = await listening(t, (plain) => plain.write("220 go ahead\r\n"));
      const closing = await agreed(port, { engine });
      const first = failureOf(closing.startTls(trust));
      assert.equal((await closing.close()).by, "us");
      assert.equal((await first).code, "ERR_CLOSED");
      const aborting = await agreed(port, { engine });
      const second = failureOf(aborting.startTls(trust));
      assert.equal((await aborting.abort()).how, "aborted");
      assert.equal((await second).code, "ERR_ABORTED");
    });

    test("sends what a rate holds back first", async (t) => {
      const connection = await connect(`127.0.0.1:${await listening(t, echo)}`, { engine });
      connection.limitRate({ sendBytesPerSecond: 200_000 });
      const written = connection.write(`${"x".repeat(60_000)}STARTTLS\r\n`);
      assert.ok(connection.pendingBytes > 0, "the rate holds some of it back");
      await connection.flush();
      await written;
      assert.equal(await connection.readLine(), "220 go ahead");
      await connection.startTls(trust);
      await connection.write("inside");
      assert.equal(text(await connection.readExactly(6)), "inside");
      await connection.close();
    });

    test("works through a proxy, and checks the name of the target", async (t) => {
      const port = await listening(t, echo);
      const proxyServer = net.createServer((client) => {
        client.on("error", () => undefined);
        client.once("data", () => {
          const upstream = net.connect(port, "127.0.0.1", () => {
            client.write("HTTP/1.1 200 OK\r\n\r\n");
            client.pipe(upstream).pipe(client);
          });
          upstream.on("error", () => undefined);
          t.after(() => upstream.destroy());
        });
        t.after(() => client.destroy());
      });
      proxyServer.listen(0, "127.0.0.1");
      await once(proxyServer, "listening");
      t.after(() => proxyServer.close());
      const proxy = `http://127.0.0.1:${(proxyServer.address() as AddressInfo).port}`;
      const good = await connect("localhost:25", { engine, proxy });
      await good.write("STARTTLS\r\n");
      assert.equal(await good.readLine(), "220 go ahead");
      await good.startTls(trust);
      assert.equal(good.tls?.serverName, "localhost");
      await good.write("through");
      assert.equal(text(await good.readExactly(7)), "through");
      await good.close();
      const bad = await connect("other.test:25", { engine, proxy });
      await bad.write("STARTTLS\r\n");
      assert.equal(await bad.readLine(), "220 go ahead");
      const error = await failureOf(bad.startTls(trust));
      assert.equal(error.code, "ERR_TLS_NAME_MISMATCH");
      assert.match(error.message, /other\.test:25 via/);
    });

    test("works after a PROXY header", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine, proxyProtocol: { version: 1 } });
      await connection.startTls(trust);
      await connection.write("behind");
      assert.equal(text(await connection.readExactly(6)), "behind");
      await connection.close();
    });

    test("keeps the rates of limitRate", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine });
      connection.limitRate({ sendBytesPerSecond: 2_000_000, receiveBytesPerSecond: 2_000_000 });
      await connection.startTls(trust);
      const beganMs = performance.now();
      const sent = Buffer.alloc(600_000, "r");
      const written = connection.write(sent);
      assert.equal((await connection.readExactly(sent.length))?.length, sent.length);
      await written;
      // The first tenth of a second is a burst.
      assert.ok(performance.now() - beganMs > 150, "600 kB at 2 MB/s take 300 ms");
      await connection.close();
    });

    test("keeps the timeouts", async (t) => {
      const connection = await agreed(await listening(t, echo), { engine, idleTimeoutMs: 60 });
      await connection.startTls(trust);
      await assert.rejects(connection.read(), { code: "ERR_IDLE_TIMEOUT" });
    });

    test("keeps the limit of the read buffer", async (t) => {
      const much = 3_000_000;
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n", () => {
          secured(plain, pair).end(Buffer.alloc(much, "m"));
        });
      });
      const connection = await agreed(port, { engine, readBufferBytesMax: 4_096 });
      await connection.startTls(trust);
      let received = 0;
      for await (const chunk of connection) received += chunk.length;
      assert.equal(received, much);
    });

    test("works beneath a layer, a codec, a Node stream and web streams", async (t) => {
      const port = await listening(t, echo);
      const layered = await connect(`127.0.0.1:${port}`, { engine, codec: lines() });
      layered.useLayer(createTelnetSession({ role: "client" }));
      await layered.write("STARTTLS\r\n");
      assert.equal(await layered.receive(), "220 go ahead");
      await layered.startTls(trust);
      await layered.send("line");
      assert.equal(await layered.receive(), "line");
      await layered.close();

      const streamed = await agreed(port, { engine });
      await streamed.startTls(trust);
      const stream = streamed.toNodeStream();
      stream.end("node");
      const parts: Buffer[] = [];
      for await (const chunk of stream) parts.push(chunk as Buffer);
      assert.equal(Buffer.concat(parts).toString(), "node");

      const web = await agreed(port, { engine });
      await web.startTls(trust);
      const writer = web.writable.getWriter();
      await writer.write("web");
      await writer.close();
      let whole = "";
      for await (const chunk of web.readable) whole += text(chunk);
      assert.equal(whole, "web");
    });

    test("F56: reports a stream that is cut afterwards", async (t) => {
      const port = await listening(t, (plain) => {
        plain.write("220 go ahead\r\n", () => {
          const socket = secured(plain, pair);
          socket.on("data", () => {
            socket.write("half", () => plain.end());
          });
        });
      });
      const connection = await agreed(port, { engine });
      await connection.startTls(trust);
      await connection.write("go");
      assert.equal(text(await connection.read()), "half");
      await assert.rejects(connection.read(), { code: "ERR_TLS_TRUNCATED" });
    });
  });

  test("works over an engine whose views are valid for a moment only", async () => {
    const engine = createMemoryEngine({ chunkBytesMax: 700 });
    await using server = await serve({ engine, port: 25 }, async (client) => {
      assert.equal(await client.readLine(), "STARTTLS");
      await client.write("220 go ahead\r\n");
      const socket = new tls.TLSSocket(client.toNodeStream(), {
        isServer: true,
        ...pair,
      });
      socket.on("error", () => undefined);
      socket.pipe(socket);
      await client.closed;
    });
    const connection = await connect(server.address, { engine });
    await connection.write("STARTTLS\r\n");
    assert.equal(await connection.readLine(), "220 go ahead");
    await connection.startTls({ ...trust, serverName: "localhost" });
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    const written = connection.write(sent);
    assert.deepEqual(Buffer.from((await connection.readExactly(sent.length)) ?? []), sent);
    await written;
    await connection.abort();
  });
});
